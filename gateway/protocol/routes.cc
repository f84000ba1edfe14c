// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/routes.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/hub/socket.h"
#include "gateway/protocol/query.h"

namespace sluice::protocol {
namespace {

using Found = absl::StatusOr<std::optional<std::string>>;

std::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

RouteRefusal Bad(std::string reason) { return {400, std::move(reason)}; }

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Without the prefix's last slash, `path` is a match if it ends there.
bool Matches(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) || path == prefix.substr(0, prefix.size() - 1);
}

// What is wrong with a name of this kind, or nothing.
std::string NameFlaw(const char* kind, std::string_view name, size_t bytes_max) {
  if (name.empty()) return absl::StrCat(kind, " is empty");
  if (name.size() > bytes_max) return absl::StrCat(kind, " is longer than ", bytes_max, " bytes");
  if (std::any_of(name.begin(), name.end(), IsControl)) {
    return absl::StrCat(kind, " holds control characters");
  }
  if (!simdjson::validate_utf8(name)) return absl::StrCat(kind, " is no UTF-8");
  return {};
}

// The namespace, before it is checked; empty: it was not named.
Found SpaceOf(const RouteRule& rule, std::string_view path, std::string_view query) {
  size_t skipped = std::min(path.size(), rule.prefix.size());
  switch (rule.from) {
    case RouteRule::Namespace::kPath:
      return std::string(path.substr(1));
    case RouteRule::Namespace::kRest:
      return std::string(path.substr(skipped));
    case RouteRule::Namespace::kQuery:
      return QueryValue(query, rule.parameter);
    case RouteRule::Namespace::kFixed:
      return rule.parameter;
  }
  return absl::InternalError("no such source");
}

const RouteRule::Codec* CodecNamed(const RouteRule& rule, std::string_view name) {
  for (const RouteRule::Codec& codec : rule.codecs) {
    if (codec.name == name) return &codec;
  }
  return nullptr;
}

bool Accepts(const RouteRule& rule, std::string_view name) {
  return std::any_of(rule.subprotocols.begin(), rule.subprotocols.end(),
                     [name](const std::string& known) { return known == "*" || known == name; });
}

// Each step fills its part of the route; an empty answer is success.
std::string FillSpace(const RouteRule& rule, std::string_view path, std::string_view query,
                      Route& route) {
  Found space = SpaceOf(rule, path, query);
  if (!space.ok()) return std::string(View(space.status().message()));
  route.space = space->value_or("");
  if (route.space.empty()) route.space = rule.otherwise;
  if (route.space.empty()) return {};
  return NameFlaw("the namespace", route.space, kNamespaceBytesMax);
}

std::string FillId(const RouteRule& rule, std::string_view query, Route& route) {
  if (rule.id_parameter.empty()) return {};
  Found id = QueryValue(query, rule.id_parameter);
  if (!id.ok()) return std::string(View(id.status().message()));
  if (!id->has_value()) return {};
  route.id = **id;
  return NameFlaw(rule.id_parameter.c_str(), route.id, kConnectionIdBytesMax);
}

std::string FillDialect(const RouteRule& rule, std::string_view query,
                        absl::Span<const std::string_view> subprotocols, Route& route) {
  route.dialect = rule.dialect;
  for (std::string_view offered : subprotocols) {
    const RouteRule::Codec* codec = CodecNamed(rule, offered);
    if (codec == nullptr && !Accepts(rule, offered)) continue;
    if (codec != nullptr) route.dialect = codec->dialect;
    route.subprotocol = offered;
    route.settled = codec != nullptr;
    break;
  }
  if (rule.codecs.empty()) return {};
  Found wanted = QueryValue(query, "codec");
  if (!wanted.ok()) return std::string(View(wanted.status().message()));
  if (!wanted->has_value()) return {};
  const RouteRule::Codec* codec = CodecNamed(rule, **wanted);
  if (codec == nullptr) return "the codec is unknown";
  if (route.settled && codec->dialect != route.dialect) {
    return "the codec contradicts the subprotocol";
  }
  route.dialect = codec->dialect;
  return {};
}

// A token (RFC 9110 5.6.2), as long as any name. "*" is one, and has a meaning of its own here.
bool IsSubprotocol(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= hub::kSubprotocolBytesMax &&
         std::all_of(name.begin(), name.end(), [&](unsigned char c) {
           return absl::ascii_isalnum(c) || kMarks.find(static_cast<char>(c)) != kMarks.npos;
         });
}

absl::Status CheckSubprotocols(const RouteRule& rule) {
  for (const std::string& name : rule.subprotocols) {
    if (IsSubprotocol(name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "route \"", rule.prefix, "\": \"", name, "\" is no subprotocol; it is a token of at most ",
        hub::kSubprotocolBytesMax, " bytes, or *"));
  }
  return absl::OkStatus();
}

absl::Status CheckRule(const RouteRule& rule) {
  if (rule.prefix.empty() || rule.prefix.front() != '/' || rule.prefix.back() != '/' ||
      !IsVisibleAscii(rule.prefix)) {
    return absl::InvalidArgumentError(
        absl::StrCat("route \"", rule.prefix, "\": the prefix must begin and end with a slash"));
  }
  bool codecs = std::all_of(rule.codecs.begin(), rule.codecs.end(),
                            [](const RouteRule::Codec& codec) { return codec.dialect != nullptr; });
  if (rule.dialect == nullptr || !codecs) {
    return absl::InvalidArgumentError(
        absl::StrCat("route \"", rule.prefix, "\": the dialect is unknown"));
  }
  if (rule.from == RouteRule::Namespace::kQuery && rule.parameter.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("route \"", rule.prefix, "\": the query parameter has no name"));
  }
  if (rule.from == RouteRule::Namespace::kFixed) {
    std::string flaw = NameFlaw("the namespace", rule.parameter, kNamespaceBytesMax);
    if (!flaw.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("route \"", rule.prefix, "\": ", flaw));
    }
  }
  return CheckSubprotocols(rule);
}

}  // namespace

absl::StatusOr<Routes> Routes::Make(std::vector<RouteRule> rules) {
  for (const RouteRule& rule : rules) {
    if (absl::Status status = CheckRule(rule); !status.ok()) return status;
  }
  auto longer = [](const RouteRule& a, const RouteRule& b) {
    return std::pair(b.prefix.size(), a.prefix) < std::pair(a.prefix.size(), b.prefix);
  };
  std::sort(rules.begin(), rules.end(), longer);
  auto equal = [](const RouteRule& a, const RouteRule& b) { return a.prefix == b.prefix; };
  auto twice = std::adjacent_find(rules.begin(), rules.end(), equal);
  if (twice != rules.end()) {
    return absl::InvalidArgumentError(absl::StrCat("route \"", twice->prefix, "\" is given twice"));
  }
  return Routes(std::move(rules));
}

const RouteRule* Routes::RuleFor(std::string_view path) const {
  for (const RouteRule& rule : rules_) {
    if (Matches(path, rule.prefix)) return &rule;
  }
  return nullptr;
}

std::variant<Route, RouteRefusal> Routes::Find(
    std::string_view target, absl::Span<const std::string_view> subprotocols) const {
  std::string_view path = target.substr(0, target.find('?'));
  std::string_view query = target.substr(std::min(target.size(), path.size() + 1));
  if (!path.starts_with('/')) return Bad("the target is no path");
  if (!IsVisibleAscii(target)) return Bad("the target holds unescaped characters");
  const RouteRule* rule = RuleFor(path);
  if (rule == nullptr) return RouteRefusal{404, "nothing is served here"};
  if (rule->exact && path != rule->prefix) {
    return Bad(absl::StrCat("the path must be ", rule->prefix));
  }

  Route route;
  std::string flaw = FillSpace(*rule, path, query, route);
  if (flaw.empty()) flaw = FillId(*rule, query, route);
  if (flaw.empty()) flaw = FillDialect(*rule, query, subprotocols, route);
  if (!flaw.empty()) return Bad(std::move(flaw));
  return route;
}

}  // namespace sluice::protocol
