// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc_envelope.h"

#include <algorithm>
#include <utility>

#include "gateway/protocol/json_text.h"
#include "gateway/protocol/rpc_params.h"

namespace sluice::protocol {
namespace {

using hub::Fault;

// More members than any client sends; what is behind them is not worth a search for duplicates.
constexpr size_t kOtherKeysMax = 16;

hub::Verb Invalid(Fault fault, std::string_view what) {
  return hub::Malformed{ErrorSaying(fault, what)};
}

}  // namespace

RpcEnvelope RpcEnvelope::NotAMap(bool array) {
  RpcEnvelope envelope;
  envelope.scalar_ = !array;
  return envelope;
}

std::string* RpcEnvelope::MemberNamed(std::string_view key) {
  constexpr std::string_view kNames[kMemberCount] = {"jsonrpc", "method", "params",
                                                     "id",      "result", "error"};
  auto found = std::find(std::begin(kNames), std::end(kNames), key);
  return found == std::end(kNames) ? nullptr : &json_[found - std::begin(kNames)];
}

void RpcEnvelope::Add(std::string_view key, std::string_view json, std::string_view encoded) {
  std::string* member = MemberNamed(key);
  if (member == nullptr) {
    bool known = std::find(other_keys_.begin(), other_keys_.end(), key) != other_keys_.end();
    if (known) duplicate_ = key;
    if (other_keys_.size() < kOtherKeysMax) other_keys_.emplace_back(key);
    return;
  }
  if (!member->empty()) {
    duplicate_ = key;
    return;
  }
  *member = json;
  if (member == &json_[kId]) id_ = encoded;
}

hub::Command RpcEnvelope::ToCommand(const Codec& codec, const hub::DecodeLimits& limits) && {
  hub::Command command;
  bool has_id = IsTruthy(json_[kId]);
  command.correlation.id = has_id ? std::move(id_) : std::string(codec.null);
  command.correlation.flags = Has(kVersion) ? kSaysVersion : 0;
  command.correlation.answer = has_id;
  command.verb = ToVerb(codec, limits);
  // These are answered in any case; a client that answers the gateway wants no answer.
  if (std::holds_alternative<hub::Subscribe>(command.verb) ||
      std::holds_alternative<hub::Unsubscribe>(command.verb)) {
    command.correlation.answer = true;
  } else if (std::holds_alternative<hub::Answer>(command.verb) && !Has(kMethod)) {
    command.correlation.answer = false;
  }
  return command;
}

hub::Verb RpcEnvelope::ToVerb(const Codec& codec, const hub::DecodeLimits& limits) {
  if (scalar_) return hub::Malformed{hub::MakeError(Fault::kInvalidRequest)};
  if (!duplicate_.empty()) return Invalid(Fault::kInvalidRequest, "Duplicate key " + duplicate_);
  if (!Has(kMethod) && (Has(kResult) || Has(kError))) return ToResponse();
  bool version = Has(kVersion) && KindOf(json_[kVersion]) == JsonKind::kString &&
                 Unquote(json_[kVersion]) == "2.0";
  if (codec.needs_version && !version) {
    return Invalid(Fault::kInvalidRequest, "Invalid JSON RPC version");
  }
  if (!IsTruthy(json_[kMethod])) return Invalid(Fault::kInvalidParams, "Method not specified");
  if (KindOf(json_[kMethod]) != JsonKind::kString) {
    return Invalid(Fault::kInvalidRequest, "Invalid method name");
  }
  if (IsTruthy(json_[kParams]) && KindOf(json_[kParams]) == JsonKind::kString) {
    return hub::Malformed{hub::MakeError(Fault::kInvalidRequest)};
  }
  return ToCall(limits);
}

hub::Verb RpcEnvelope::ToResponse() const {
  std::optional<uint64_t> call = ToCallNumber(json_[kId]);
  if (!call.has_value()) return hub::Ignore{};
  // "error":null beside a result is no error.
  if (IsTruthy(json_[kError]) || !Has(kResult)) {
    return hub::Answer{*call, ToCallError(json_[kError])};
  }
  return hub::Answer{*call, hub::Payload::Json(json_[kResult])};
}

hub::Verb RpcEnvelope::ToCall(const hub::DecodeLimits& limits) {
  std::string method = Unquote(json_[kMethod]);
  if (method.size() > limits.name_max) {
    return Invalid(Fault::kInvalidRequest,
                   "The method name is longer than " + std::to_string(limits.name_max) + " bytes");
  }
  if (method == "rpc.on") return ToSubscription(true, json_[kParams], limits.name_max);
  if (method == "rpc.off") return ToSubscription(false, json_[kParams], limits.name_max);
  if (method == kLoginMethod) return ToLogin();
  if (method == kAnswerMethod) return ToAnswer(json_[kParams]);
  if (method == kListMethod) return hub::ListMethods{};
  if (!Has(kParams)) return hub::CallMethod{std::move(method), hub::Payload::None()};
  return hub::CallMethod{std::move(method), hub::Payload::Json(std::move(json_[kParams]))};
}

hub::Verb RpcEnvelope::ToLogin() {
  if (!IsTruthy(json_[kParams])) {
    return hub::Malformed{hub::MakeError(Fault::kLoginParamsMissing)};
  }
  return hub::Login{hub::Payload::Json(std::move(json_[kParams]))};
}

hub::Decoded ToCommands(RpcFrame frame, const RpcEnvelope::Codec& codec,
                        const hub::DecodeLimits& limits) {
  hub::Decoded decoded;
  decoded.batch = frame.batch;
  decoded.commands.reserve(frame.envelopes.size());
  for (RpcEnvelope& envelope : frame.envelopes) {
    decoded.commands.push_back(std::move(envelope).ToCommand(codec, limits));
  }
  return decoded;
}

hub::Decoded Unreadable(Fault fault, std::string_view what, const RpcEnvelope::Codec& codec) {
  hub::Decoded decoded;
  hub::Command& command = decoded.commands.emplace_back();
  command.correlation = {.id = std::string(codec.null), .flags = 0, .answer = false};
  command.verb = Invalid(fault, what);
  return decoded;
}

std::string BatchFlaw(size_t size, const hub::DecodeLimits& limits) {
  if (size == 0) return "Invalid array";
  if (size <= limits.batch_max) return {};
  return "More than " + std::to_string(limits.batch_max) + " messages in a batch";
}

}  // namespace sluice::protocol
