// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the target of an upgrade request: a route's names are within their bounds.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/protocol/routes.h"

namespace {

using namespace sluice;

void Require(bool condition) {
  if (!condition) std::abort();
}

protocol::Routes MakeRoutes(const protocol::Registry& registry) {
  std::vector<protocol::RouteRule> rules = protocol::Routes::Defaults(registry);
  protocol::RouteRule rest = rules[0];
  rest.prefix = "/raw/";
  rest.from = protocol::RouteRule::Namespace::kRest;
  protocol::RouteRule query = rules[0];
  query.prefix = "/query/";
  query.from = protocol::RouteRule::Namespace::kQuery;
  query.parameter = "namespace";
  rules.push_back(rest);
  rules.push_back(query);
  return *protocol::Routes::Make(rules);
}

void CheckName(std::string_view name) {
  Require(name.size() <= 255 && simdjson::validate_utf8(name));
  for (char c : name) Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  static const protocol::Routes routes = MakeRoutes(registry);
  std::string_view target(reinterpret_cast<const char*>(data), size);
  auto result = routes.Find(target, {"x", "msgpack"});
  if (auto* route = std::get_if<protocol::Route>(&result)) {
    Require(route->dialect != nullptr && !route->space.empty());
    CheckName(route->space);
    CheckName(route->id);
  } else {
    Require(!std::get<protocol::RouteRefusal>(result).reason.empty());
  }
  return 0;
}
