// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/routes.h"

#include <gtest/gtest.h>

#include <set>

#include "gateway/protocol/registry.h"

namespace sluice::protocol {
namespace {

class RoutesTest : public testing::Test {
 protected:
  RoutesTest() : routes_(*Routes::Make(registry_.default_routes)) {}

  Route Found(std::string_view target, std::vector<std::string_view> subprotocols = {}) {
    auto result = routes_.Find(target, subprotocols);
    auto* refusal = std::get_if<RouteRefusal>(&result);
    EXPECT_EQ(refusal, nullptr) << target << ": " << refusal->reason;
    return refusal != nullptr ? Route() : std::get<Route>(result);
  }
  int Refused(std::string_view target, std::vector<std::string_view> subprotocols = {}) {
    auto result = routes_.Find(target, subprotocols);
    auto* refusal = std::get_if<RouteRefusal>(&result);
    return refusal != nullptr ? refusal->status : 0;
  }

  Registry registry_;
  const hub::Dialect* json_ = &registry_.json_rpc;
  const hub::Dialect* msgpack_ = &registry_.msgpack_rpc;
  Routes routes_;
};

TEST_F(RoutesTest, ThePathIsTheNamespace) {
  EXPECT_EQ(Found("/"), (Route{"default", "", json_, ""}));
  EXPECT_EQ(Found("/chat"), (Route{"chat", "", json_, ""}));
  EXPECT_EQ(Found("/chat/"), (Route{"chat/", "", json_, ""}));
  EXPECT_EQ(Found("/a/b%20c?x=1"), (Route{"a/b%20c", "", json_, ""}));
  EXPECT_EQ(Found("/?"), (Route{"default", "", json_, ""}));
}

TEST_F(RoutesTest, TheClientMayChooseItsId) {
  EXPECT_EQ(Found("/chat?socket_id=abc").id, "abc");
  EXPECT_EQ(Found("/?a=b&socket_id=%41+b%C3%A9&c").id, "A b\u00e9");
  EXPECT_EQ(Found("/?socket_idx=1&xsocket_id=2").id, "");
  EXPECT_EQ(Found("/?socket_id=" + std::string(255, 'x')).id.size(), 255u);
}

TEST_F(RoutesTest, IdsThatAreNone) {
  for (const char* query :
       {"socket_id", "socket_id=", "socket_id=%0a", "socket_id=%7f", "socket_id=%", "socket_id=%4",
        "socket_id=%4g", "socket_id=a&socket_id=a", "socket_id=%ff", "socket_id=%00"}) {
    EXPECT_EQ(Refused(std::string("/?") + query), 400) << query;
  }
  EXPECT_EQ(Refused("/?socket_id=" + std::string(256, 'x')), 400);
}

TEST_F(RoutesTest, NamespaceBound) {
  EXPECT_EQ(Found("/" + std::string(255, 'n')).space.size(), 255u);
  EXPECT_EQ(Refused("/" + std::string(256, 'n')), 400);
}

TEST_F(RoutesTest, Codec) {
  EXPECT_EQ(Found("/?codec=msgpack"), (Route{"default", "", msgpack_, ""}));
  EXPECT_EQ(Found("/?codec=json"), (Route{"default", "", json_, ""}));
  EXPECT_EQ(Refused("/?codec=xml"), 400);
  EXPECT_EQ(Refused("/?codec"), 400);
}

TEST_F(RoutesTest, Subprotocol) {
  EXPECT_EQ(Found("/", {"x", "msgpack", "json"}),
            (Route{"default", "", msgpack_, "msgpack", true}));
  EXPECT_EQ(Found("/", {"x"}), (Route{"default", "", json_, ""}));
  EXPECT_EQ(Found("/?codec=msgpack", {"msgpack"}),
            (Route{"default", "", msgpack_, "msgpack", true}));
  EXPECT_EQ(Refused("/?codec=json", {"msgpack"}), 400);
}

TEST_F(RoutesTest, BadTargets) {
  for (std::string target :
       {"", "chat", "http://x/", "*", "?a", "/a b", "/\x7f", "/\xc3\xa9", "/a\n"}) {
    EXPECT_EQ(Refused(target), 400) << target;
  }
  EXPECT_EQ(Refused(std::string("/a\0b", 4)), 400);
}

TEST_F(RoutesTest, TheLongestPrefixWins) {
  std::vector<RouteRule> rules = registry_.default_routes;
  rules.push_back({.prefix = "/own/",
                   .dialect = msgpack_,
                   .from = RouteRule::Namespace::kRest,
                   .parameter = "",
                   .codecs = {},
                   .id_parameter = ""});
  rules.push_back({.prefix = "/own/q/",
                   .dialect = msgpack_,
                   .from = RouteRule::Namespace::kQuery,
                   .parameter = "namespace",
                   .codecs = {},
                   .id_parameter = "id"});
  routes_ = *Routes::Make(rules);

  EXPECT_EQ(Found("/own/a/b?socket_id=%"), (Route{"a/b", "", msgpack_, ""}));
  EXPECT_EQ(Found("/own"), (Route{"default", "", msgpack_, ""}));
  EXPECT_EQ(Found("/own/"), (Route{"default", "", msgpack_, ""}));
  EXPECT_EQ(Found("/owner"), (Route{"owner", "", json_, ""}));
  EXPECT_EQ(Found("/own/q/?namespace=n%20s&id=7&codec=xml"), (Route{"n s", "7", msgpack_, ""}));
  EXPECT_EQ(Found("/own/q?id=7"), (Route{"default", "7", msgpack_, ""}));
  EXPECT_EQ(Refused("/own/q/?namespace=%0a"), 400);
}

TEST_F(RoutesTest, SocketClustersPathIsExact) {
  const hub::Dialect* socketcluster = &registry_.socketcluster;
  EXPECT_EQ(Found("/socketcluster/"), (Route{"default", "", socketcluster, ""}));
  EXPECT_EQ(Found("/socketcluster/?foo=bar&a=1&a=2&socket_id=x&codec=xml"),
            (Route{"default", "", socketcluster, ""}));
  EXPECT_EQ(Found("/socketcluster/?namespace=chat%2Fone"),
            (Route{"chat/one", "", socketcluster, ""}));
  for (const char* path : {"/socketcluster", "/socketcluster?namespace=chat", "/socketcluster//",
                           "/socketcluster/chat", "/socketcluster/?namespace=%0a",
                           "/socketcluster/?namespace=a&namespace=b"}) {
    EXPECT_EQ(Refused(path), 400) << path;
  }
  EXPECT_EQ(Found("/socketclusters/").dialect, json_);
}

TEST_F(RoutesTest, NothingServed) {
  routes_ = *Routes::Make({{.prefix = "/a/",
                            .dialect = json_,
                            .from = RouteRule::Namespace::kRest,
                            .parameter = "",
                            .codecs = {}}});
  EXPECT_EQ(Refused("/b"), 404);
  EXPECT_EQ(Refused("/"), 404);
  EXPECT_EQ(Found("/a/x").space, "x");
}

TEST_F(RoutesTest, RulesThatAreNone) {
  RouteRule good = registry_.default_routes.front();
  EXPECT_FALSE(Routes::Make({good, good}).ok());
  for (const char* prefix : {"", "a", "/a", "a/", "/ /"}) {
    RouteRule rule = good;
    rule.prefix = prefix;
    EXPECT_FALSE(Routes::Make({rule}).ok()) << prefix;
  }
  RouteRule no_dialect = good;
  no_dialect.dialect = nullptr;
  EXPECT_FALSE(Routes::Make({no_dialect}).ok());
  RouteRule no_parameter = good;
  no_parameter.from = RouteRule::Namespace::kQuery;
  EXPECT_FALSE(Routes::Make({no_parameter}).ok());
}

TEST(RegistryTest, EveryDialectHasAnIdANameAndARoute) {
  Registry registry;
  std::set<std::string_view> names, prefixes;
  for (size_t i = 0; i < registry.all.size(); ++i) {
    EXPECT_EQ(registry.all[i]->id(), i);
    names.insert(registry.all[i]->traits().name);
    std::string own = "/own/=" + std::string(registry.all[i]->traits().name);
    EXPECT_EQ(ParseRoute(own, registry)->dialect, registry.all[i].get());
  }
  EXPECT_EQ(names.size(), registry.all.size());
  for (const RouteRule& rule : registry.default_routes) prefixes.insert(rule.prefix);
  EXPECT_EQ(prefixes, (std::set<std::string_view>{"/", "/socketcluster/", "/line/", "/presence/",
                                                  "/raw/", "/rpc/"}));
}

TEST(RegistryTest, NamesAndIds) {
  Registry registry;
  EXPECT_EQ(registry.Find("json_rpc"), &registry.json_rpc);
  EXPECT_EQ(registry.Find("msgpack_rpc"), &registry.msgpack_rpc);
  EXPECT_EQ(registry.Find("x"), nullptr);
  EXPECT_EQ(registry.json_rpc.id(), 0);
  EXPECT_EQ(registry.msgpack_rpc.id(), 1);
  EXPECT_EQ(registry.Names()[0], "json_rpc");
  EXPECT_EQ(registry.Names()[1], "msgpack_rpc");
  EXPECT_EQ(registry.Names()[2], "socketcluster");
  EXPECT_EQ(registry.socketcluster.id(), 2);
}

}  // namespace
}  // namespace sluice::protocol
