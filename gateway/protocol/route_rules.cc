// SPDX-License-Identifier: Apache-2.0
//
// Which rules there are: the defaults of the dialects, and those that an operator writes.
#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/protocol/registry.h"
#include "gateway/protocol/routes.h"

namespace sluice::protocol {
namespace {

// How connections of a dialect are routed if nothing else is said: as by default, or by the default
// of the dialect that offers it as a codec.
RouteRule DefaultFor(const hub::Dialect& dialect, const Registry& registry) {
  auto serves = [&](const RouteRule& rule) {
    auto is_codec = [&](const RouteRule::Codec& codec) { return codec.dialect == &dialect; };
    return rule.dialect == &dialect ||
           std::any_of(rule.codecs.begin(), rule.codecs.end(), is_codec);
  };
  const std::vector<RouteRule>& rules = registry.default_routes;
  auto found = std::find_if(rules.begin(), rules.end(), serves);
  assert(found != rules.end());
  RouteRule rule = *found;
  rule.dialect = &dialect;
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
  for (const auto& dialect : registry.all) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(dialect->traits().name));
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
  RouteRule rule = DefaultFor(*dialect, registry);
  rule.prefix = text.substr(0, equals);
  if (name.size() < served.size()) TakeNamespace(served.substr(name.size() + 1), rule);
  if (served.size() < behind.size()) TakeSubprotocols(behind.substr(served.size() + 1), rule);
  // A set of rules checks each of them.
  if (auto alone = Routes::Make({rule}); !alone.ok()) return alone.status();
  return rule;
}

absl::StatusOr<Routes> Routes::Configure(absl::Span<const std::string> listed,
                                         const Registry& registry) {
  std::vector<RouteRule> rules;
  for (const std::string& text : listed) {
    auto rule = ParseRoute(text, registry);
    if (!rule.ok()) return rule.status();
    rules.push_back(*std::move(rule));
  }
  size_t own = rules.size();
  for (const RouteRule& usual : registry.default_routes) {
    auto same = [&](const RouteRule& rule) { return rule.prefix == usual.prefix; };
    if (std::none_of(rules.begin(), rules.begin() + own, same)) rules.push_back(usual);
  }
  return Make(std::move(rules));
}

}  // namespace sluice::protocol
