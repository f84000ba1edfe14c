// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/socketcluster/socketcluster.h"

#include <simdjson.h>

#include <utility>

#include "gateway/hub/frame.h"
#include "gateway/protocol/json/mend.h"
#include "gateway/protocol/json/walk.h"
#include "gateway/protocol/socketcluster/packet.h"

namespace sluice::protocol {
namespace {

using hub::CloseCause;

hub::LivenessRule RuleFrom(const SocketClusterOptions& options) {
  return {.interval = options.ping_interval,
          .timeout = options.ping_timeout,
          .steady = true,
          .lease = absl::ZeroDuration(),
          .ping = hub::MakeFrame(false, "")};
}

// Zero: SocketCluster has no code of its own for it.
uint16_t OwnCode(CloseCause cause) {
  switch (cause) {
    case CloseCause::kDisconnect:
      return 1000;  // on which the client stays away
    case CloseCause::kDrain:
    case CloseCause::kLifetime:
      return 1001;  // on which it comes back, spread over ten seconds
    case CloseCause::kRejected:
      return kBadHandshakeCode;
    case CloseCause::kPongTimeout:
      return 4001;
    case CloseCause::kHandshakeTimeout:
      return 4005;
    case CloseCause::kProtocol:
      return 1002;
    default:
      return 0;
  }
}

}  // namespace

SocketCluster::SocketCluster(const SocketClusterOptions& options)
    : Dialect({.id = 2,
               .name = "socketcluster",
               .liveness = RuleFrom(options),
               .handshake_timeout = options.handshake_timeout,
               .open_channels = true}),
      options_(options) {}

hub::Decoded SocketCluster::Decode(hub::DialectState& state, std::string_view bytes,
                                   bool binary_frame, const hub::DecodeLimits& limits) const {
  SocketClusterReader::Rules rules{.strict_handshake = options_.strict_handshake,
                                   .client_publish = options_.client_publish,
                                   .batch_max = options_.batch_max};
  SocketClusterReader reader(rules, limits, state);
  // Text frames are UTF-8: the edge has checked that.
  bool sound =
      !CheckJson(bytes, limits.depth_max) && (!binary_frame || simdjson::validate_utf8(bytes));
  if (sound) {
    reader.Read(bytes, {});
  } else if (auto mended = MendJson(bytes, limits.depth_max)) {
    reader.Read(mended->text, mended->flaws);
  } else {
    reader.ReadOther();
  }
  return std::move(reader).Take();
}

// Clients look up the texts of SocketCluster's own codes themselves. From 4500 they stay away.
hub::CloseFrame SocketCluster::Close(CloseCause cause) const {
  if (uint16_t code = OwnCode(cause); code != 0) return {code, {}};
  const hub::CloseRule& rule = hub::RuleOf(cause);
  uint16_t code = cause == CloseCause::kReplaced ? 4510 : rule.code;
  return {code, std::string(rule.reason)};
}

}  // namespace sluice::protocol
