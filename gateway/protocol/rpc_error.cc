// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc_error.h"

#include <array>

#include "gateway/protocol/json_text.h"

namespace sluice::protocol {
namespace {

using hub::Fault;

struct Rule {
  Fault fault;
  int32_t code;
  bool without_id;  // answered with id null
};

// In the order of the enum. Down to -32606 these are rpc-websockets' own.
constexpr std::array<Rule, hub::kFaultCount> kRules = {{
    {Fault::kParse, -32700, true},           {Fault::kInvalidRequest, -32600, true},
    {Fault::kMethodNotFound, -32601, true},  {Fault::kInvalidParams, -32602, true},
    {Fault::kMethodForbidden, -32605, true}, {Fault::kEventForbidden, -32606, true},
    {Fault::kEventsMissing, -32000, true},   {Fault::kLoginParamsMissing, -32604, true},
    {Fault::kUnavailable, -32010, false},    {Fault::kWorkerLost, -32015, false},
    {Fault::kTimeout, -32011, false},        {Fault::kOverloaded, -32012, false},
    {Fault::kTooManyCalls, -32013, false},   {Fault::kRateLimited, -32014, true},
    {Fault::kRejected, -32016, false},       {Fault::kBlocked, -32017, false},
    {Fault::kIdTaken, -32018, false},        {Fault::kTooLarge, -32019, false},
    {Fault::kApplication, -32000, false},
}};

constexpr bool InEnumOrder() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<size_t>(kRules[i].fault) != i) return false;
  }
  return true;
}
static_assert(InEnumOrder());

const Rule& RuleOf(Fault fault) { return kRules[static_cast<size_t>(fault)]; }

std::string Quoted(std::string_view text) {
  std::string json;
  AppendQuoted(json, text);
  return json;
}

const std::string& FirstOf(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

// A worker's error that has no code is told like an exception: its name, then its message.
RpcError FromApplication(const hub::CallError& error) {
  const std::string name = FirstOf(error.name, "Error");
  if (error.code != 0) {
    return {error.code, FirstOf(error.message, name), FirstOf(error.data_json, "null")};
  }
  bool says_nothing = error.message.empty() && !error.data_json.empty();
  return {RpcCodeOf(Fault::kApplication), name,
          says_nothing ? error.data_json : Quoted(error.message)};
}

}  // namespace

RpcError ToRpcError(const hub::CallError& error) {
  if (error.fault == Fault::kApplication) return FromApplication(error);
  const Rule& rule = RuleOf(error.fault);
  return {rule.code, FirstOf(error.message, hub::MakeError(error.fault).message),
          FirstOf(error.data_json, hub::MayRetry(error.fault) ? R"({"retry":true})" : "")};
}

int32_t RpcCodeOf(Fault fault) { return RuleOf(fault).code; }

bool IsAnsweredWithoutId(Fault fault) { return RuleOf(fault).without_id; }

}  // namespace sluice::protocol
