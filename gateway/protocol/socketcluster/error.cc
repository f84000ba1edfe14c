// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/socketcluster/error.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/protocol/json/js_error.h"
#include "gateway/protocol/json/text.h"

namespace sluice::protocol {
namespace {

using hub::CallError;
using hub::Fault;

struct Rule {
  Fault fault;
  std::string_view name;
};

// In the order of the enum. TimeoutError means to the client what it means here: it may have run or
// not. BadConnectionError is the client's own.
constexpr std::array<Rule, hub::kFaultCount> kRules = {{
    {Fault::kParse, "InvalidMessageError"},
    {Fault::kInvalidRequest, "InvalidMessageError"},
    {Fault::kMethodNotFound, "MethodNotFoundError"},
    {Fault::kInvalidParams, "InvalidArgumentsError"},
    {Fault::kMethodForbidden, "AuthError"},
    {Fault::kEventForbidden, "AuthError"},
    {Fault::kEventsMissing, "InvalidArgumentsError"},
    {Fault::kLoginParamsMissing, "InvalidArgumentsError"},
    {Fault::kUnavailable, "UnavailableError"},
    {Fault::kWorkerLost, "WorkerLostError"},
    {Fault::kTimeout, "TimeoutError"},
    {Fault::kOverloaded, "OverloadedError"},
    {Fault::kTooManyCalls, "TooManyCallsError"},
    {Fault::kRateLimited, "RateLimitedError"},
    {Fault::kRejected, "InvalidMessageError"},
    {Fault::kBlocked, "SilentMiddlewareBlockedError"},
    {Fault::kIdTaken, "IdTakenError"},
    {Fault::kTooLarge, "TooLargeError"},
    {Fault::kMessageTooLarge, "MessageTooLargeError"},
    {Fault::kApplication, "Error"},
}};

constexpr bool InEnumOrder() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<size_t>(kRules[i].fault) != i) return false;
  }
  return true;
}
static_assert(InEnumOrder());

const Rule& RuleOf(Fault fault) { return kRules[static_cast<size_t>(fault)]; }

// SocketCluster's own word for an action that its middleware may block.
std::string_view ActionName(RequestKind kind) {
  switch (kind) {
    case RequestKind::kInvoke:
      return "invoke";
    case RequestKind::kSubscribe:
    case RequestKind::kUnsubscribe:
      return "subscribe";
    case RequestKind::kPublish:
      return "publishIn";
    case RequestKind::kAuthenticate:
      return "authenticate";
    case RequestKind::kHandshake:
      return "handshakeSC";
  }
  return {};
}

std::string_view MiddlewareName(RequestKind kind) {
  return kind == RequestKind::kHandshake ? "handshake" : "inbound";
}

std::string MessageOf(const CallError& error, RequestKind kind) {
  if (error.fault == Fault::kBlocked) {
    return absl::StrCat("The ", std::string(ActionName(kind)), " AGAction was blocked by ",
                        std::string(MiddlewareName(kind)), " middleware");
  }
  return error.message.empty() ? hub::MakeError(error.fault).message : error.message;
}

std::string_view NameOf(const CallError& error) {
  bool own = !error.name.empty() && error.name != hub::FaultLabel(error.fault);
  return own ? std::string_view(error.name) : RuleOf(error.fault).name;
}

// The client closes with it, so that it must be one that a client may close with.
int32_t CloseCodeOf(const CallError& error) {
  return error.code >= 4000 && error.code <= 4999 ? error.code : int32_t{kBadHandshakeCode};
}

// Null would be no error at all to the client, and lists and objects no sound one.
bool IsThrownValue(const CallError& error) {
  if (!IsBareValue(error)) return false;
  JsonKind kind = KindOf(error.data_json);
  return kind == JsonKind::kString || kind == JsonKind::kNumber || kind == JsonKind::kBool;
}

}  // namespace

void WriteSocketClusterError(JsonWriter& writer, const CallError& error, RequestKind kind) {
  if (IsThrownValue(error)) return writer.Raw(error.data_json);
  bool refused = kind == RequestKind::kHandshake;
  int32_t code = refused ? CloseCodeOf(error) : error.code;
  std::string_view code_key = refused ? "statusCode" : code != 0 ? "code" : "";
  writer.Map(0);
  writer.Key("message");
  writer.String(MessageOf(error, kind));
  writer.Key("name");
  writer.String(NameOf(error));
  if (code != 0) {
    writer.Key(code_key);
    writer.Whole(code);
  }
  if (error.fault == Fault::kBlocked) {
    writer.Key("type");
    writer.String(MiddlewareName(kind));
  }
  if (hub::MayRetry(error.fault) && error.data_json.empty()) {
    writer.Key("retry");
    writer.Raw("true");
  }
  WriteJsErrorFields(writer, error.data_json, {"message", "name", code_key});
  writer.Close();
}

}  // namespace sluice::protocol
