// SPDX-License-Identifier: Apache-2.0
//
// One message of the JSON-RPC dialects as its codec found it, and the command that it means. Here
// is what the dialects share: the rules of the envelope and the reserved methods.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/command.h"
#include "gateway/hub/dialect.h"

namespace sluice::protocol {

// Correlation.flags
inline constexpr uint8_t kSaysVersion = 1;  // the request had "jsonrpc", so the response has it too

// DialectState.flags
inline constexpr uint32_t kCallsAsEvents = 1;  // the gateway's calls arrive as the event "rpc.call"

// The switch and the reserved method with which clients answer the gateway's calls if their library
// hides the id of a request.
inline constexpr std::string_view kCallEvent = "rpc.call";
inline constexpr std::string_view kAnswerMethod = "rpc.answer";
inline constexpr std::string_view kListMethod = "__listMethods";
inline constexpr std::string_view kLoginMethod = "rpc.login";

// What stands before the number in the id of a gateway's request. A client's own ids are plain
// numbers, and rpc-websockets takes a request whose id it has in use for a response.
inline constexpr std::string_view kRequestIdPrefix = "call:";

class RpcEnvelope {
 public:
  // A member of the message: its value as JSON text and in the codec's own encoding. Keys other
  // than the envelope's are remembered only to find duplicates.
  void Add(std::string_view key, std::string_view json, std::string_view encoded);
  // The message was no map: an array (which JavaScript takes for an empty one) or a scalar.
  static RpcEnvelope NotAMap(bool array);

  // What is common to all messages of a codec.
  struct Codec {
    bool needs_version;     // "jsonrpc" must be "2.0"
    std::string_view null;  // null in the codec's encoding
  };
  hub::Command ToCommand(const Codec& codec, const hub::DecodeLimits& limits) &&;

 private:
  enum Member : uint8_t { kVersion, kMethod, kParams, kId, kResult, kError, kMemberCount };
  bool Has(Member member) const { return !json_[member].empty(); }
  hub::Verb ToVerb(const Codec& codec, const hub::DecodeLimits& limits);
  hub::Verb ToResponse() const;
  hub::Verb ToCall(const hub::DecodeLimits& limits);
  hub::Verb ToLogin();
  std::string* MemberNamed(std::string_view key);

  std::string json_[kMemberCount];
  std::string id_;  // in the codec's encoding
  std::vector<std::string> other_keys_;
  std::string duplicate_;
  bool scalar_ = false;
};

// A whole frame of either codec.
struct RpcFrame {
  absl::InlinedVector<RpcEnvelope, 1> envelopes;
  bool batch = false;
};
hub::Decoded ToCommands(RpcFrame frame, const RpcEnvelope::Codec& codec,
                        const hub::DecodeLimits& limits);

// A frame that cannot be read, or a batch that cannot be taken, as its one command. `what` is the
// error's data.
hub::Decoded Unreadable(hub::Fault fault, std::string_view what, const RpcEnvelope::Codec& codec);

// What the batch bound says, or nothing if `size` messages are a batch.
std::string BatchFlaw(size_t size, const hub::DecodeLimits& limits);

}  // namespace sluice::protocol
