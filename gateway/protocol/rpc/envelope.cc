// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/envelope.h"

#include <algorithm>
#include <utility>

#include "gateway/protocol/json/text.h"
#include "gateway/protocol/rpc/params.h"

namespace sluice::protocol {
namespace {

using hub::Fault;

// More members than any client sends; what is behind them is not worth a search for duplicates.
constexpr size_t kOtherKeysMax = 16;

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

void RpcEnvelope::Spoil(std::string what) {
  if (spoiled_.empty()) spoiled_ = std::move(what);
}

// Whatever has a method and no id is a notification, which is never answered. What is no request at
// all is answered, with null where it has no id.
void RpcEnvelope::Tell(const RpcRules& rules, const hub::DecodeLimits& limits,
                       hub::Decoded& decoded) && {
  auto add = [&](std::string id, bool answer, hub::Verb&& verb) {
    uint8_t flags = Has(kVersion) ? kSaysVersion : 0;
    decoded.commands.emplace_back(hub::Correlation{std::move(id), flags, answer}, std::move(verb));
  };
  std::string null(rules.null);
  if (IsResponse()) return add(std::move(null), false, ToResponse());
  std::optional<hub::CallError> flaw = FlawOf(rules);
  bool answered = Has(kId) || flaw.has_value();
  if (!spoiled_.empty()) flaw = ErrorSaying(Fault::kParse, spoiled_);
  if (flaw) {
    // Whoever waits for the answer in it has to know as well.
    const std::string& what = spoiled_.empty() ? flaw->message : spoiled_;
    if (auto answer = ToBadAnswer(rules, what)) add(null, false, *std::move(answer));
  }
  add(HasSoundId(rules) ? std::move(id_) : std::move(null), answered,
      flaw ? hub::Malformed{*std::move(flaw)} : ToCall(rules, limits));
}

// Whoever answers the gateway's call with nothing (in JavaScript, with undefined) answers it, too.
bool RpcEnvelope::IsResponse() const {
  const bool unread = !spoiled_.empty() && Is(kMethod, JsonKind::kNull);
  if (Has(kMethod) && !unread) return false;
  if (Has(kResult) || Has(kError)) return true;
  return !Has(kMethod) && Is(kId, JsonKind::kString) && ToCallNumber(json_[kId]).has_value();
}

bool RpcEnvelope::HasSoundId(const RpcRules& rules) const {
  if (!Has(kId) || !rules.strict) return Has(kId);
  JsonKind kind = KindOf(json_[kId]);
  return kind != JsonKind::kBool && kind < JsonKind::kArray;
}

std::optional<hub::CallError> RpcEnvelope::FlawOf(const RpcRules& rules) const {
  if (scalar_) return hub::MakeError(Fault::kInvalidRequest);
  if (!duplicate_.empty()) {
    return ErrorSaying(Fault::kInvalidRequest, "Duplicate key " + duplicate_);
  }
  bool version = Is(kVersion, JsonKind::kString) && Unquote(json_[kVersion]) == "2.0";
  if (rules.needs_version && !version) {
    return ErrorSaying(Fault::kInvalidRequest, "Invalid JSON RPC version");
  }
  return rules.strict ? StrictFlaw(rules) : LaxFlaw();
}

std::optional<hub::CallError> RpcEnvelope::LaxFlaw() const {
  if (!IsTruthy(json_[kMethod])) {
    // Without an id either it is not even one that is told so.
    bool nothing = !Has(kMethod) && !Has(kId);
    return ErrorSaying(nothing ? Fault::kInvalidRequest : Fault::kInvalidParams,
                       "Method not specified");
  }
  if (!Is(kMethod, JsonKind::kString)) {
    return ErrorSaying(Fault::kInvalidRequest, "Invalid method name");
  }
  if (IsTruthy(json_[kParams]) && Is(kParams, JsonKind::kString)) {
    return hub::MakeError(Fault::kInvalidRequest);
  }
  return std::nullopt;
}

// Params that are null are none: language servers' clients write them.
std::optional<hub::CallError> RpcEnvelope::StrictFlaw(const RpcRules& rules) const {
  if (!Is(kMethod, JsonKind::kString)) {
    return ErrorSaying(Fault::kInvalidRequest, "The method is no string");
  }
  bool structured = !Has(kParams) || KindOf(json_[kParams]) >= JsonKind::kArray;
  if (!structured && !Is(kParams, JsonKind::kNull)) {
    return ErrorSaying(Fault::kInvalidRequest, "The params are neither an array nor an object");
  }
  if (Has(kId) && !HasSoundId(rules)) {
    return ErrorSaying(Fault::kInvalidRequest, "The id is neither a string, a number nor null");
  }
  return std::nullopt;
}

hub::Verb RpcEnvelope::ToResponse() const {
  std::optional<uint64_t> call = ToCallNumber(json_[kId]);
  if (!call.has_value()) return hub::Ignore{};
  if (!spoiled_.empty()) return hub::Answer{*call, hub::UnreadableAnswer(spoiled_)};
  if (!duplicate_.empty()) return hub::Answer{*call, hub::UnreadableAnswer("a key is there twice")};
  if (!Has(kResult) && !Has(kError)) {
    return hub::Answer{*call, hub::UnreadableAnswer("it has neither a result nor an error")};
  }
  // "error":null beside a result is no error.
  if (IsTruthy(json_[kError]) || !Has(kResult)) {
    return hub::Answer{*call, ToCallError(json_[kError])};
  }
  return hub::Answer{*call, hub::Payload::Json(json_[kResult])};
}

std::optional<hub::Answer> RpcEnvelope::ToBadAnswer(const RpcRules& rules,
                                                    const std::string& what) const {
  bool is_answer =
      !rules.strict && Is(kMethod, JsonKind::kString) && Unquote(json_[kMethod]) == kAnswerMethod;
  if (!is_answer) return std::nullopt;
  hub::Verb verb = ToAnswer(json_[kParams]);
  auto* answer = std::get_if<hub::Answer>(&verb);
  if (answer == nullptr) return std::nullopt;
  return hub::Answer{answer->call, hub::UnreadableAnswer(what)};
}

hub::Verb RpcEnvelope::ToCall(const RpcRules& rules, const hub::DecodeLimits& limits) {
  std::string method = Unquote(json_[kMethod]);
  if (method.size() > limits.name_max) {
    return hub::Malformed{ErrorSaying(
        Fault::kInvalidRequest,
        "The method name is longer than " + std::to_string(limits.name_max) + " bytes")};
  }
  if (method == "rpc.on") return ToSubscription(true, json_[kParams], limits.name_max);
  if (method == "rpc.off") return ToSubscription(false, json_[kParams], limits.name_max);
  if (method == kLoginMethod) return ToLogin();
  if (method == rules.list_method) return hub::ListMethods{};
  if (method == kAnswerMethod && !rules.strict) return ToAnswer(json_[kParams]);
  bool none = !Has(kParams) || (rules.strict && Is(kParams, JsonKind::kNull));
  if (none) return hub::CallMethod{std::move(method), hub::Payload::None()};
  return hub::CallMethod{std::move(method), TakeParams()};
}

hub::Payload RpcEnvelope::TakeParams() {
  hub::Payload params = hub::Payload::Json(std::move(json_[kParams]));
  params.msgpack = std::move(params_msgpack_);
  return params;
}

hub::Verb RpcEnvelope::ToLogin() {
  if (!IsTruthy(json_[kParams])) {
    return hub::Malformed{hub::MakeError(Fault::kLoginParamsMissing)};
  }
  return hub::Login{TakeParams()};
}

hub::Decoded ToCommands(RpcFrame frame, const RpcRules& rules, const hub::DecodeLimits& limits) {
  hub::Decoded decoded;
  decoded.batch = frame.batch;
  decoded.commands.reserve(frame.envelopes.size());
  for (RpcEnvelope& envelope : frame.envelopes) std::move(envelope).Tell(rules, limits, decoded);
  return decoded;
}

hub::Decoded Unreadable(Fault fault, std::string_view what, const RpcRules& rules) {
  hub::Decoded decoded;
  hub::Command& command = decoded.commands.emplace_back();
  command.correlation = {.id = std::string(rules.null), .flags = 0, .answer = true};
  command.verb = hub::Malformed{ErrorSaying(fault, what)};
  return decoded;
}

std::string BatchFlaw(size_t size, const hub::DecodeLimits& limits) {
  if (size == 0) return "Invalid array";
  if (size <= limits.batch_max) return {};
  return "More than " + std::to_string(limits.batch_max) + " messages in a batch";
}

}  // namespace sluice::protocol
