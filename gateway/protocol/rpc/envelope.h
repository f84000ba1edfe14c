// SPDX-License-Identifier: Apache-2.0
//
// One message of the JSON-RPC dialects as its codec found it, and the command that it means. Here
// is what the dialects share: the rules of the envelope and the reserved methods.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/command.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/json/text.h"

namespace sluice::protocol {

// Correlation.flags
inline constexpr uint8_t kSaysVersion = 1;  // the request had "jsonrpc", so the response has it too

// DialectState.flags
inline constexpr uint32_t kCallsAsEvents = 1;  // the gateway's calls arrive as the event "rpc.call"

// The switch and the reserved method with which rpc-websockets' users answer the gateway's calls:
// their library hides the id of a request.
inline constexpr std::string_view kCallEvent = "rpc.call";
inline constexpr std::string_view kAnswerMethod = "rpc.answer";
// The event by which a client hears that it was taken out of another: its own verb for it.
inline constexpr std::string_view kOffEvent = "rpc.off";
inline constexpr std::string_view kLoginMethod = "rpc.login";

// Where the dialects differ.
struct RpcRules {
  // By the letter of https://www.jsonrpc.org/specification. Else as rpc-websockets does it, where
  // its clients or its tests depend on the difference.
  bool strict = false;
  bool needs_version = true;                       // "jsonrpc" must be "2.0"
  std::string_view null = "null";                  // in the codec's encoding
  std::string_view list_method = "__listMethods";  // the reserved name that lists the methods
};

// What stands before the number in the id of a gateway's request. A client's own ids are plain
// numbers, and rpc-websockets takes a request whose id it has in use for a response.
inline constexpr std::string_view kRequestIdPrefix = "call:";

class RpcEnvelope {
 public:
  // A member of the message: its value as JSON text and in the codec's own encoding. Keys other
  // than the envelope's are remembered only to find duplicates.
  void Add(std::string_view key, std::string_view json, std::string_view encoded);
  // The params as MessagePack, for workers that want them so.
  void KeepParams(std::string_view msgpack) { params_msgpack_ = msgpack; }
  // The message was no map: an array (which JavaScript takes for an empty one) or a scalar.
  static RpcEnvelope NotAMap(bool array);
  // A value of the message could not be read. It keeps its envelope, so that the answer has its id.
  void Spoil(std::string what);

  bool is_scalar() const { return scalar_ && spoiled_.empty(); }

  // Appends what the message means.
  void Tell(const RpcRules& rules, const hub::DecodeLimits& limits, hub::Decoded& decoded) &&;

 private:
  enum Member : uint8_t { kVersion, kMethod, kParams, kId, kResult, kError, kMemberCount };
  bool Has(Member member) const { return !json_[member].empty(); }
  bool Is(Member member, JsonKind kind) const {
    return Has(member) && KindOf(json_[member]) == kind;
  }
  bool IsResponse() const;

  bool HasSoundId(const RpcRules& rules) const;

  // Why it is no request, if it is none.
  std::optional<hub::CallError> FlawOf(const RpcRules& rules) const;
  std::optional<hub::CallError> LaxFlaw() const;
  std::optional<hub::CallError> StrictFlaw(const RpcRules& rules) const;

  hub::Verb ToResponse() const;
  std::optional<hub::Answer> ToBadAnswer(const RpcRules& rules, const std::string& what) const;
  hub::Verb ToCall(const RpcRules& rules, const hub::DecodeLimits& limits);
  hub::Verb ToLogin();
  hub::Payload TakeParams();
  std::string* MemberNamed(std::string_view key);

  std::string json_[kMemberCount];
  std::string id_;  // in the codec's encoding
  std::string params_msgpack_;
  std::vector<std::string> other_keys_;
  std::string duplicate_;
  std::string spoiled_;
  bool scalar_ = false;
};

// A whole frame of either codec.
struct RpcFrame {
  absl::InlinedVector<RpcEnvelope, 1> envelopes;
  bool batch = false;
};
hub::Decoded ToCommands(RpcFrame frame, const RpcRules& rules, const hub::DecodeLimits& limits);

// A frame that cannot be read, or a batch that cannot be taken, as its one command. `what` is the
// error's data.
hub::Decoded Unreadable(hub::Fault fault, std::string_view what, const RpcRules& rules);

// What the batch bound says, or nothing if `size` messages are a batch.
std::string BatchFlaw(size_t size, const hub::DecodeLimits& limits);

}  // namespace sluice::protocol
