// SPDX-License-Identifier: Apache-2.0
//
// What SocketCluster's clients are told.
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/protocol/json/writer.h"
#include "gateway/protocol/socketcluster/error.h"
#include "gateway/protocol/socketcluster/packet.h"
#include "gateway/protocol/socketcluster/socketcluster.h"
#include "gateway/protocol/write_payload.h"

namespace sluice::protocol {
namespace {

using hub::Correlation;
using hub::Payload;

// What a client without a time-out is told: the most that its timers can wait.
constexpr int64_t kNoTimeoutMs = (int64_t{1} << 31) - 1;

RequestKind RequestKindOf(const Correlation& correlation) {
  return static_cast<RequestKind>(correlation.flags);
}

// {"rid":1,...}, or nothing if no answer is wanted: an empty message is a ping, so none is sent.
template <typename Body>
std::string Response(const Correlation& correlation, size_t size_hint, Body body) {
  std::string packet;
  if (!correlation.answer) return packet;
  packet.reserve(size_hint + correlation.id.size() + 24);
  JsonWriter writer(packet);
  writer.Map(2);
  writer.Key("rid");
  writer.Raw(correlation.id);
  body(writer);
  writer.Close();
  return packet;
}

std::string ErrorResponse(const Correlation& correlation, const hub::CallError& error,
                          RequestKind kind) {
  size_t size_hint = error.message.size() + error.data_json.size() + 64;
  return Response(correlation, size_hint, [&](JsonWriter& writer) {
    writer.Key("error");
    WriteSocketClusterError(writer, error, kind);
  });
}

// {"event":"x",...}
template <typename Body>
std::string Event(std::string_view event, size_t size_hint, Body body) {
  std::string packet;
  packet.reserve(event.size() + size_hint + 48);
  JsonWriter writer(packet);
  writer.Map(2);
  writer.Key("event");
  writer.String(event);
  body(writer);
  writer.Close();
  return packet;
}

hub::CallError BrokerError(std::string message) {
  return {.fault = hub::Fault::kApplication,
          .name = "BrokerError",
          .code = 0,
          .message = std::move(message),
          .data_json = {}};
}

// SocketCluster's sentences.
std::string ChannelFailure(const hub::ChannelResult& result, RequestKind kind) {
  bool subscribe = kind != RequestKind::kUnsubscribe;
  std::string socket(result.connection);
  std::string why = absl::StrCat("Socket ", socket,
                                 " tried to unsubscribe from a channel which it is not subscribed "
                                 "to");
  if (subscribe && result.status == hub::ChannelStatus::kLimit) {
    why = absl::StrCat("Socket ", socket, " tried to exceed the channel subscription limit of ",
                       result.limit);
  } else if (subscribe) {
    why = "The channel was not declared";
  }
  return absl::StrCat("Failed to ", subscribe ? "subscribe socket to" : "unsubscribe socket from",
                      " the ", result.channel, " channel - InvalidActionError: ", why);
}

bool Succeeded(hub::ChannelStatus status) {
  return status == hub::ChannelStatus::kOk || status == hub::ChannelStatus::kAlready;
}

}  // namespace

// --- Answers -------------------------------------------------------------------------------------

std::string SocketCluster::EncodeResult(const Correlation& correlation,
                                        const Payload& result) const {
  return Response(correlation, result.bytes.size(),
                  [&](JsonWriter& writer) { WriteMember(writer, "data", result); });
}

std::string SocketCluster::EncodeError(const Correlation& correlation,
                                       const hub::CallError& error) const {
  return ErrorResponse(correlation, error, RequestKindOf(correlation));
}

std::string SocketCluster::EncodeChannels(const Correlation& correlation,
                                          absl::Span<const hub::ChannelResult> results) const {
  RequestKind kind = RequestKindOf(correlation);
  for (const hub::ChannelResult& result : results) {
    if (Succeeded(result.status)) continue;
    return ErrorResponse(correlation, BrokerError(ChannelFailure(result, kind)), kind);
  }
  return EncodeResult(correlation, Payload::None());
}

std::string SocketCluster::EncodeBatch(absl::Span<const std::string> answered) const {
  std::string packets;
  JsonWriter writer(packets);
  writer.Array(answered.size());
  for (const std::string& answer : answered) writer.Raw(answer);
  writer.Close();
  return packets;
}

// --- The handshake and tokens --------------------------------------------------------------------

std::optional<std::string> SocketCluster::EncodeWelcome(const Correlation& correlation,
                                                        const hub::Welcome& welcome) const {
  int64_t timeout_ms = absl::ToInt64Milliseconds(options_.ping_timeout);
  return Response(correlation, 128, [&](JsonWriter& writer) {
    writer.Key("data");
    writer.Map(4);
    writer.Key("id");
    writer.String(welcome.id);
    writer.Key("pingTimeout");
    writer.Whole(timeout_ms == 0 ? kNoTimeoutMs : timeout_ms);
    if (welcome.flaw != nullptr) {
      writer.Key("authError");
      WriteSocketClusterError(writer, welcome.flaw->error, RequestKind::kAuthenticate);
    }
    writer.Key("isAuthenticated");
    writer.Raw(welcome.authenticated ? "true" : "false");
    writer.Close();
  });
}

std::optional<std::string> SocketCluster::EncodeAuthenticated(const Correlation& correlation,
                                                              const hub::TokenFlaw* flaw) const {
  if (flaw != nullptr && flaw->is_bad) {
    return ErrorResponse(correlation, flaw->error, RequestKind::kAuthenticate);
  }
  return Response(correlation, 64, [&](JsonWriter& writer) {
    writer.Key("data");
    writer.Map(2);
    writer.Key("isAuthenticated");
    writer.Raw(flaw == nullptr ? "true" : "false");
    writer.Key("authError");
    if (flaw == nullptr) {
      writer.Raw("null");
    } else {
      WriteSocketClusterError(writer, flaw->error, RequestKind::kAuthenticate);
    }
    writer.Close();
  });
}

std::optional<std::string> SocketCluster::EncodeToken(std::string_view token,
                                                      std::optional<uint64_t> call) const {
  return Event("#setAuthToken", token.size() + 16, [&](JsonWriter& writer) {
    if (call.has_value()) {
      writer.Key("cid");
      writer.Whole(static_cast<int64_t>(*call));
    }
    writer.Key("data");
    writer.Map(1);
    writer.Key("token");
    writer.String(token);
    writer.Close();
  });
}

std::optional<std::string> SocketCluster::EncodeTokenRemoved() const {
  return std::string(kTokenRemovedPacket);
}

// --- Channels and events -------------------------------------------------------------------------

std::optional<std::string> SocketCluster::EncodeKickOut(std::string_view channel,
                                                        std::string_view message) const {
  return Event("#kickOut", channel.size() + message.size(), [&](JsonWriter& writer) {
    writer.Key("data");
    writer.Map(2);
    writer.Key("channel");
    writer.String(channel);
    if (!message.empty()) {
      writer.Key("message");
      writer.String(message);
    }
    writer.Close();
  });
}

std::optional<std::string> SocketCluster::EncodeEvent(std::string_view event,
                                                      const Payload& body) const {
  return Event(event, body.bytes.size(),
               [&](JsonWriter& writer) { WriteMember(writer, "data", body); });
}

std::optional<std::string> SocketCluster::EncodePublication(std::string_view channel,
                                                            const Payload& body) const {
  return Event("#publish", channel.size() + body.bytes.size(), [&](JsonWriter& writer) {
    writer.Key("data");
    writer.Map(2);
    writer.Key("channel");
    writer.String(channel);
    WriteMember(writer, "data", body);
    writer.Close();
  });
}

std::optional<std::string> SocketCluster::EncodeRequest(const hub::DialectState&, uint64_t call,
                                                        std::string_view method,
                                                        const Payload& params) const {
  return Event(method, params.bytes.size(), [&](JsonWriter& writer) {
    writer.Key("cid");
    writer.Whole(static_cast<int64_t>(call));
    WriteMember(writer, "data", params);
  });
}

}  // namespace sluice::protocol
