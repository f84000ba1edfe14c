// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the target of an upgrade request: a route's names are within their bounds.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/protocol/registry.h"
#include "gateway/protocol/routes.h"

namespace {

using namespace sluice;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckName(std::string_view name) {
  Require(name.size() <= 255 && simdjson::validate_utf8(name));
  for (char c : name) Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const protocol::Registry registry;
  static const protocol::Routes routes = *protocol::Routes::Configure(
      {"/own/=json_rpc:*", "/query/=json_rpc:?namespace", "/fixed/=raw:lobby"}, registry);
  std::string_view target(reinterpret_cast<const char*>(data), size);
  auto result = routes.Find(target, {"x", "msgpack"});
  if (auto* route = std::get_if<protocol::Route>(&result)) {
    Require(route->dialect != nullptr);
    Require(!route->space.empty() || route->dialect == &registry.presence);
    CheckName(route->space);
    CheckName(route->id);
  } else {
    Require(!std::get<protocol::RouteRefusal>(result).reason.empty());
  }
  auto rule = protocol::ParseRoute(target, registry);
  if (rule.ok()) Require(protocol::Routes::Make({*rule}).ok());
  return 0;
}
