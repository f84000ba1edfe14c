// SPDX-License-Identifier: Apache-2.0
//
// Which rules there are: the defaults, and those that an operator writes.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/protocol/routes.h"

namespace sluice::protocol {
namespace {

// How connections of a dialect are routed if nothing else is said.
RouteRule UsualRule(std::string prefix, const hub::Dialect& dialect, const Registry& registry) {
  RouteRule rule;
  rule.prefix = std::move(prefix);
  rule.dialect = &dialect;
  rule.from = RouteRule::Namespace::kRest;
  if (&dialect == &registry.json_rpc || &dialect == &registry.msgpack_rpc) {
    rule.codecs = {{"json", &registry.json_rpc}, {"msgpack", &registry.msgpack_rpc}};
  } else if (&dialect == &registry.socketcluster) {
    rule.exact = true;
    rule.from = RouteRule::Namespace::kQuery;
    rule.parameter = "namespace";
    rule.id_parameter.clear();
  } else if (&dialect == &registry.line) {
    rule.id_parameter.clear();  // only admission gives ids
  } else if (&dialect == &registry.presence) {
    rule.otherwise.clear();
    rule.id_parameter = "id";
  }
  return rule;
}

// Takes what stands behind the colon.
void TakeNamespace(std::string_view source, RouteRule& rule) {
  using Namespace = RouteRule::Namespace;
  rule.parameter.clear();
  if (source == "*" || source == "/") {
    rule.from = source == "*" ? Namespace::kRest : Namespace::kPath;
    rule.exact = false;
  } else if (source.starts_with('?')) {
    rule.from = Namespace::kQuery;
    rule.parameter = source.substr(1);
  } else {
    rule.from = Namespace::kFixed;
    rule.parameter = source;
  }
}

// Takes what stands behind the first semicolon.
void TakeSubprotocols(std::string_view names, RouteRule& rule) {
  for (absl::string_view name :
       absl::StrSplit(absl::string_view(names.data(), names.size()), ';')) {
    rule.subprotocols.emplace_back(name);
  }
}

std::string DialectNames(const Registry& registry) {
  std::string names;
  for (const hub::Dialect* dialect : registry.all) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(dialect->name()));
  }
  return names;
}

}  // namespace

absl::StatusOr<RouteRule> ParseRoute(std::string_view text, const Registry& registry) {
  auto wrong = [text](std::string what) {
    return absl::InvalidArgumentError(absl::StrCat("route \"", std::string(text), "\": ", what));
  };
  size_t equals = text.find('=');
  if (equals == text.npos) return wrong("use PREFIX=DIALECT or PREFIX=DIALECT:NAMESPACE");
  std::string_view behind = text.substr(equals + 1);
  std::string_view served = behind.substr(0, behind.find(';'));
  std::string_view name = served.substr(0, served.find(':'));
  const hub::Dialect* dialect = registry.Find(name);
  if (dialect == nullptr) {
    return wrong(absl::StrCat("the dialect is unknown; use one of ", DialectNames(registry)));
  }
  RouteRule rule = UsualRule(std::string(text.substr(0, equals)), *dialect, registry);
  if (name.size() < served.size()) TakeNamespace(served.substr(name.size() + 1), rule);
  if (served.size() < behind.size()) TakeSubprotocols(behind.substr(served.size() + 1), rule);
  // A set of rules checks each of them.
  if (auto alone = Routes::Make({rule}); !alone.ok()) return alone.status();
  return rule;
}

std::vector<RouteRule> Routes::Defaults(const Registry& registry) {
  return {
      UsualRule("/", registry.json_rpc, registry),
      UsualRule("/socketcluster/", registry.socketcluster, registry),
      UsualRule("/line/", registry.line, registry),
      UsualRule("/presence/", registry.presence, registry),
      UsualRule("/raw/", registry.raw, registry),
      UsualRule("/rpc/", registry.json_rpc_strict, registry),
  };
}

absl::StatusOr<Routes> Routes::Configure(absl::Span<const std::string> listed,
                                         const Registry& registry) {
  std::vector<RouteRule> rules;
  for (const std::string& text : listed) {
    auto rule = ParseRoute(text, registry);
    if (!rule.ok()) return rule.status();
    rules.push_back(*std::move(rule));
  }
  for (RouteRule& usual : Defaults(registry)) {
    auto same = [&](const RouteRule& rule) { return rule.prefix == usual.prefix; };
    if (std::none_of(rules.begin(), rules.end(), same)) rules.push_back(std::move(usual));
  }
  return Make(std::move(rules));
}

}  // namespace sluice::protocol
