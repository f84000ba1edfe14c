// SPDX-License-Identifier: Apache-2.0
//
// Which routes there are: those of old, and those that operators write.
#include <gtest/gtest.h>

#include "gateway/protocol/registry.h"
#include "gateway/protocol/routes.h"

namespace sluice::protocol {
namespace {

using Namespace = RouteRule::Namespace;

class RouteRulesTest : public testing::Test {
 protected:
  Routes Configured(std::vector<std::string> listed) {
    auto routes = Routes::Configure(listed, registry_);
    EXPECT_TRUE(routes.ok()) << routes.status().message();
    return *std::move(routes);
  }
  std::string Error(std::vector<std::string> listed) {
    auto routes = Routes::Configure(listed, registry_);
    return routes.ok() ? "" : std::string(routes.status().message());
  }
  Route Found(const Routes& routes, std::string_view target) {
    auto result = routes.Find(target, {});
    auto* refusal = std::get_if<RouteRefusal>(&result);
    EXPECT_EQ(refusal, nullptr) << target << ": " << refusal->reason;
    return refusal != nullptr ? Route() : std::get<Route>(result);
  }
  RouteRule Parsed(std::string_view text) {
    auto rule = ParseRoute(text, registry_);
    EXPECT_TRUE(rule.ok()) << rule.status().message();
    return *std::move(rule);
  }

  Registry registry_;
};

// --- Defaults ------------------------------------------------------------------------------------

TEST_F(RouteRulesTest, Line) {
  Routes routes = Configured({});
  EXPECT_EQ(Found(routes, "/line/chat"), (Route{"chat", "", &registry_.line, ""}));
  EXPECT_EQ(Found(routes, "/line/a/b%20c?socket_id=x&codec=y"),
            (Route{"a/b%20c", "", &registry_.line, ""}));
  EXPECT_EQ(Found(routes, "/line/"), (Route{"default", "", &registry_.line, ""}));
  EXPECT_EQ(Found(routes, "/lines"), (Route{"lines", "", &registry_.json_rpc, ""}));
}

TEST_F(RouteRulesTest, Presence) {
  Routes routes = Configured({});
  const hub::Dialect* presence = &registry_.presence;
  EXPECT_EQ(Found(routes, "/presence/space1?identity=a"), (Route{"space1", "", presence, ""}));
  EXPECT_EQ(Found(routes, "/presence/a/b?id=7500&socket_id=x"),
            (Route{"a/b", "7500", presence, ""}));
  EXPECT_EQ(Found(routes, "/presence/?identity=a"), (Route{"", "", presence, ""}));
  EXPECT_EQ(Found(routes, "/presence"), (Route{"", "", presence, ""}));
}

TEST_F(RouteRulesTest, Raw) {
  Routes routes = Configured({});
  EXPECT_EQ(Found(routes, "/raw/pool?socket_id=a"), (Route{"pool", "a", &registry_.raw, ""}));
  EXPECT_EQ(Found(routes, "/raw"), (Route{"default", "", &registry_.raw, ""}));
}

// --- What operators write ------------------------------------------------------------------------

TEST_F(RouteRulesTest, TheDialectsUsualNamespace) {
  Routes routes = Configured({"/chat/=socketcluster", "/p/=presence", "/rpc/=json_rpc"});
  EXPECT_EQ(Found(routes, "/chat/?namespace=n"), (Route{"n", "", &registry_.socketcluster, ""}));
  EXPECT_EQ(Found(routes, "/p/s?id=7"), (Route{"s", "7", &registry_.presence, ""}));
  EXPECT_EQ(Found(routes, "/rpc/n?codec=msgpack&socket_id=7"),
            (Route{"n", "7", &registry_.msgpack_rpc, ""}));
}

TEST_F(RouteRulesTest, ACodecIsRoutedAsTheDialectThatOffersIt) {
  Routes routes = Configured({"/packed/=msgpack_rpc"});
  EXPECT_EQ(Found(routes, "/packed/n?socket_id=7"), (Route{"n", "7", &registry_.msgpack_rpc, ""}));
  EXPECT_EQ(Found(routes, "/packed/n?codec=json"), (Route{"n", "", &registry_.json_rpc, ""}));
}

TEST_F(RouteRulesTest, AFixedNamespace) {
  Routes routes = Configured({"/pool/=raw:lobby", "/chat/=socketcluster:lobby"});
  EXPECT_EQ(Found(routes, "/pool/x/y"), (Route{"lobby", "", &registry_.raw, ""}));
  EXPECT_EQ(Found(routes, "/pool"), (Route{"lobby", "", &registry_.raw, ""}));
  EXPECT_EQ(Found(routes, "/chat/?namespace=n"),
            (Route{"lobby", "", &registry_.socketcluster, ""}));
  EXPECT_EQ(Parsed("/pool/=raw:a=b:c*").parameter, "a=b:c*");
}

TEST_F(RouteRulesTest, ThePathAsNamespace) {
  Routes routes = Configured({"/a/=socketcluster:*", "/b/=raw:/"});
  EXPECT_EQ(Found(routes, "/a/x/y"), (Route{"x/y", "", &registry_.socketcluster, ""}));
  EXPECT_EQ(Found(routes, "/b/x"), (Route{"b/x", "", &registry_.raw, ""}));
}

TEST_F(RouteRulesTest, AQueryParameterAsNamespace) {
  Routes routes = Configured({"/a/=line:?room"});
  EXPECT_EQ(Found(routes, "/a/?room=x%2Fy"), (Route{"x/y", "", &registry_.line, ""}));
  EXPECT_EQ(Found(routes, "/a/z"), (Route{"default", "", &registry_.line, ""}));
  EXPECT_EQ(Parsed("/a/=line:?room").from, Namespace::kQuery);
}

TEST_F(RouteRulesTest, WinsOverADefault) {
  Routes routes = Configured({"/=raw", "/line/=json_rpc:lobby"});
  EXPECT_EQ(Found(routes, "/chat"), (Route{"chat", "", &registry_.raw, ""}));
  EXPECT_EQ(Found(routes, "/line/x"), (Route{"lobby", "", &registry_.json_rpc, ""}));
  EXPECT_EQ(Found(routes, "/presence/x").dialect, &registry_.presence);
}

TEST_F(RouteRulesTest, NamesSubprotocols) {
  Routes routes =
      Configured({"/a/=raw;mqtt;v1.stomp", "/b/=json_rpc:lobby;*", "/c/=line:/;x", "/=json_rpc;x"});
  auto found = [&](std::string_view target, std::vector<std::string_view> offered) {
    auto result = routes.Find(target, offered);
    return std::get<Route>(result);
  };
  EXPECT_EQ(found("/a/r", {"other", "v1.stomp", "mqtt"}),
            (Route{"r", "", &registry_.raw, "v1.stomp"}));
  EXPECT_EQ(found("/a/r", {"other", "MQTT"}), (Route{"r", "", &registry_.raw, ""}));
  EXPECT_EQ(found("/a/r", {}), (Route{"r", "", &registry_.raw, ""}));
  EXPECT_EQ(found("/b/", {"any", "msgpack"}), (Route{"lobby", "", &registry_.json_rpc, "any"}));
  EXPECT_EQ(found("/b/", {"msgpack", "any"}),
            (Route{"lobby", "", &registry_.msgpack_rpc, "msgpack", true}));
  EXPECT_EQ(found("/b/?codec=msgpack", {"any"}),
            (Route{"lobby", "", &registry_.msgpack_rpc, "any"}));
  EXPECT_EQ(found("/c/r", {"x"}), (Route{"c/r", "", &registry_.line, "x"}));
  EXPECT_EQ(found("/chat", {"x"}), (Route{"chat", "", &registry_.json_rpc, "x"}));
  EXPECT_EQ(found("/chat", {"y"}), (Route{"chat", "", &registry_.json_rpc, ""}));
}

TEST_F(RouteRulesTest, RefusesWhatIsNoSubprotocol) {
  for (const std::string& rule : {"/a/=raw;", "/a/=raw;x;", "/a/=raw;;x", "/a/=raw;a b",
                                  "/a/=raw;a/b", "/a/=raw;\"x\"", "/a/=raw;caf\xc3\xa9"}) {
    EXPECT_NE(Error({rule}).find("is no subprotocol"), std::string::npos) << rule;
  }
  EXPECT_NE(Error({"/a/=raw;" + std::string(256, 'x')}).find("is no subprotocol"),
            std::string::npos);
}

TEST_F(RouteRulesTest, ErrorsNameTheRule) {
  EXPECT_EQ(Error({"/a/"}), "route \"/a/\": use PREFIX=DIALECT or PREFIX=DIALECT:NAMESPACE");
  EXPECT_EQ(Error({""}), "route \"\": use PREFIX=DIALECT or PREFIX=DIALECT:NAMESPACE");
  EXPECT_EQ(Error({"/a/=smoke:x"}),
            "route \"/a/=smoke:x\": the dialect is unknown; use one of json_rpc, msgpack_rpc, "
            "socketcluster, line, presence, raw, json_rpc_strict");
  EXPECT_EQ(Error({"/a/="}).find("route \"/a/=\": the dialect is unknown"), 0u);
  EXPECT_EQ(Error({"a=raw"}), "route \"a\": the prefix must begin and end with a slash");
  EXPECT_EQ(Error({"=raw"}), "route \"\": the prefix must begin and end with a slash");
  EXPECT_EQ(Error({"/a/=raw:"}), "route \"/a/\": the namespace is empty");
  EXPECT_EQ(Error({"/a/=raw:" + std::string(256, 'x')}),
            "route \"/a/\": the namespace is longer than 255 bytes");
  EXPECT_EQ(Error({"/a/=raw:?"}), "route \"/a/\": the query parameter has no name");
  EXPECT_EQ(Error({"/a/=raw", "/a/=line"}), "route \"/a/\" is given twice");
}

TEST_F(RouteRulesTest, NamesAndIdsOfAllDialects) {
  constexpr std::string_view kNames[] = {"json_rpc", "msgpack_rpc", "socketcluster",
                                         "line",     "presence",    "raw"};
  for (size_t id = 0; id < std::size(kNames); ++id) {
    EXPECT_EQ(registry_.Names()[id], kNames[id]);
    EXPECT_EQ(registry_.Find(kNames[id])->id(), id);
  }
}

}  // namespace
}  // namespace sluice::protocol
