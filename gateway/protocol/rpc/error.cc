// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/error.h"

#include <array>

#include "gateway/protocol/json/text.h"

namespace sluice::protocol {
namespace {

using hub::Fault;

struct Rule {
  Fault fault;
  int32_t code;
  int32_t strict_code;
};

// In the order of the enum. The first codes, down to -32606, are rpc-websockets' own.
constexpr std::array<Rule, hub::kFaultCount> kRules = {{
    {Fault::kParse, -32700, -32700},           {Fault::kInvalidRequest, -32600, -32600},
    {Fault::kMethodNotFound, -32601, -32601},  {Fault::kInvalidParams, -32602, -32602},
    {Fault::kMethodForbidden, -32605, -32005}, {Fault::kEventForbidden, -32606, -32006},
    {Fault::kEventsMissing, -32000, -32602},   {Fault::kLoginParamsMissing, -32604, -32602},
    {Fault::kUnavailable, -32010, -32010},     {Fault::kWorkerLost, -32015, -32015},
    {Fault::kTimeout, -32011, -32011},         {Fault::kOverloaded, -32012, -32012},
    {Fault::kTooManyCalls, -32013, -32013},    {Fault::kRateLimited, -32014, -32014},
    {Fault::kRejected, -32016, -32016},        {Fault::kBlocked, -32017, -32017},
    {Fault::kIdTaken, -32018, -32018},         {Fault::kTooLarge, -32019, -32019},
    {Fault::kMessageTooLarge, -32020, -32020}, {Fault::kApplication, -32000, -32000},
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

// Of the gateway's own errors.
std::string SentenceOf(const hub::CallError& error) {
  return FirstOf(error.message, hub::MakeError(error.fault).message);
}
std::string DetailsOf(const hub::CallError& error) {
  return FirstOf(error.data_json, hub::MayRetry(error.fault) ? R"({"retry":true})" : "");
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
  return {RuleOf(error.fault).code, SentenceOf(error), DetailsOf(error)};
}

RpcError ToStrictError(const hub::CallError& error) {
  int32_t code = RuleOf(error.fault).strict_code;
  if (error.fault != Fault::kApplication) return {code, SentenceOf(error), DetailsOf(error)};
  if (error.code != 0) code = error.code;
  bool name_is_all = error.code == 0 && error.data_json.empty() && !error.name.empty();
  return {code, FirstOf(error.message, FirstOf(error.name, "Error")),
          name_is_all ? "{\"name\":" + Quoted(error.name) + "}" : error.data_json};
}

int32_t RpcCodeOf(Fault fault) { return RuleOf(fault).code; }

}  // namespace sluice::protocol
