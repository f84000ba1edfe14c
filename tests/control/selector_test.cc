// SPDX-License-Identifier: Apache-2.0
#include "control/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "control/status.h"
#include "control/views.h"
#include "gateway/protocol/registry.h"

namespace sluice::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct SelectorTest : testing::Test {
  SelectorTest() { proto.set_namespace_("chat"); }
  absl::StatusOr<hub::Selector> Convert() { return ToSelector(proto, "n1", limits); }
  void Refused(std::string_view reason, std::string_view field) {
    auto result = Convert();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(ReasonOf(result.status()), reason);
    EXPECT_EQ(FieldOf(result.status()), field);
  }
  v1::Selector proto;
  Limits limits;
};

TEST_F(SelectorTest, NamespaceAloneRestrictsNothingElse) {
  auto selector = Convert();
  ASSERT_TRUE(selector.ok());
  EXPECT_EQ(selector->space, "chat");
  EXPECT_THAT(selector->connections, IsEmpty());
  EXPECT_EQ(selector->dialects, 0);
  EXPECT_FALSE(selector->elsewhere);
  EXPECT_EQ(selector->connected_before, absl::InfiniteFuture());
  EXPECT_EQ(selector->connected_after, absl::InfinitePast());
  EXPECT_TRUE(IsWholeNamespace(proto));
}

TEST_F(SelectorTest, EveryFieldArrives) {
  proto.add_connection_ids("a");
  proto.add_user_ids("u");
  proto.add_channels("c");
  proto.add_nodes("n1");
  proto.add_dialects(v1::DIALECT_MSGPACK_RPC);
  (*proto.mutable_labels())["tier"] = "gold";
  proto.mutable_connected_before()->set_seconds(20);
  proto.mutable_connected_after()->set_seconds(10);
  proto.set_sample_percent(40);
  proto.mutable_except()->add_connection_ids("b");
  proto.mutable_except()->add_user_ids("v");
  auto selector = Convert();
  ASSERT_TRUE(selector.ok()) << selector.status();
  EXPECT_THAT(selector->connections, ElementsAre("a"));
  EXPECT_THAT(selector->users, ElementsAre("u"));
  EXPECT_THAT(selector->channels, ElementsAre("c"));
  EXPECT_FALSE(selector->elsewhere);
  EXPECT_EQ(selector->dialects, 2);
  EXPECT_EQ(selector->labels, (hub::Labels{{"tier", "gold"}}));
  EXPECT_EQ(selector->connected_before, absl::FromUnixSeconds(20));
  EXPECT_EQ(selector->connected_after, absl::FromUnixSeconds(10));
  EXPECT_EQ(selector->sample_percent, 40);
  EXPECT_THAT(selector->except_connections, UnorderedElementsAre("b"));
  EXPECT_THAT(selector->except_users, UnorderedElementsAre("v"));
  EXPECT_FALSE(IsWholeNamespace(proto));
}

TEST_F(SelectorTest, DuplicatesAreTakenOnceInTheirOrder) {
  for (const char* id : {"b", "a", "b", "a"}) {
    proto.add_connection_ids(id);
    proto.add_user_ids(id);
    proto.add_channels(id);
  }
  auto selector = Convert();
  ASSERT_TRUE(selector.ok());
  EXPECT_THAT(selector->connections, ElementsAre("b", "a"));
  EXPECT_THAT(selector->users, ElementsAre("b", "a"));
  EXPECT_THAT(selector->channels, ElementsAre("b", "a"));
}

TEST_F(SelectorTest, OtherNodesOnly) {
  proto.add_nodes("n2");
  proto.add_nodes("n3");
  EXPECT_TRUE(Convert()->elsewhere);
  EXPECT_FALSE(IsWholeNamespace(proto));
}

TEST_F(SelectorTest, NamespaceIsRequired) {
  for (std::string wrong : {std::string(), std::string(256, 'n'), std::string("a\nb")}) {
    proto.set_namespace_(wrong);
    Refused("NAMESPACE_INVALID", "selector.namespace");
  }
}

TEST_F(SelectorTest, ListsAreBounded) {
  limits.selector_ids_max = 2;
  using Add = std::function<void(v1::Selector&)>;
  const std::pair<std::string, Add> lists[] = {
      {"connection_ids", [](auto& s) { s.add_connection_ids("x"); }},
      {"user_ids", [](auto& s) { s.add_user_ids("x"); }},
      {"channels", [](auto& s) { s.add_channels("x"); }},
      {"nodes", [](auto& s) { s.add_nodes("x"); }},
      {"except.connection_ids", [](auto& s) { s.mutable_except()->add_connection_ids("x"); }},
      {"except.user_ids", [](auto& s) { s.mutable_except()->add_user_ids("x"); }},
  };
  for (const auto& [field, add] : lists) {
    proto.Clear();
    proto.set_namespace_("chat");
    add(proto);
    add(proto);
    EXPECT_TRUE(Convert().ok()) << field;
    add(proto);
    Refused("SELECTOR_TOO_LARGE", "selector." + field);
    EXPECT_EQ(Convert().status().code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST_F(SelectorTest, EntriesMustBeNames) {
  proto.add_user_ids("");
  Refused("SELECTOR_INVALID", "selector.user_ids");
  proto.clear_user_ids();
  limits.channel_name_bytes = 3;
  proto.add_channels("abcd");
  Refused("SELECTOR_INVALID", "selector.channels");
}

TEST_F(SelectorTest, Percentages) {
  proto.set_sample_percent(100);
  EXPECT_TRUE(Convert().ok());
  proto.set_sample_percent(101);
  Refused("SELECTOR_INVALID", "selector.sample_percent");
}

TEST_F(SelectorTest, Dialects) {
  proto.add_dialects(v1::DIALECT_JSON_RPC);
  proto.add_dialects(v1::DIALECT_MSGPACK_RPC);
  EXPECT_EQ(Convert()->dialects, 3);
  proto.add_dialects(v1::DIALECT_UNSPECIFIED);
  EXPECT_EQ(Convert()->dialects, 0) << "unspecified is any";
  proto.clear_dialects();
  proto.add_dialects(static_cast<v1::Dialect>(77));
  Refused("SELECTOR_INVALID", "selector.dialects");
}

TEST_F(SelectorTest, DialectsAreThoseOfTheRegistry) {
  protocol::Registry registry;
  for (const auto& dialect : registry.all) {
    hub::ConnectionView view;
    view.dialect = dialect->id();
    std::string name = v1::Dialect_Name(ToProto(std::move(view), "n").dialect());
    std::string wanted = "DIALECT_";
    for (char c : dialect->traits().name) wanted += static_cast<char>(std::toupper(c));
    EXPECT_EQ(name, wanted);
  }
}

TEST_F(SelectorTest, Times) {
  proto.mutable_connected_before()->set_nanos(-1);
  Refused("SELECTOR_INVALID", "selector.connected_before");
  proto.clear_connected_before();
  proto.mutable_connected_after()->set_seconds(253402300800);
  Refused("SELECTOR_INVALID", "selector.connected_after");
}

TEST_F(SelectorTest, Labels) {
  (*proto.mutable_labels())[""] = "x";
  Refused("SELECTOR_INVALID", "selector.labels");
}

TEST_F(SelectorTest, DefaultsThatAreWrittenOutRestrictNothing) {
  proto.mutable_except();
  proto.set_sample_percent(0);
  EXPECT_TRUE(IsWholeNamespace(proto));
  proto.set_sample_percent(1);
  EXPECT_FALSE(IsWholeNamespace(proto));
}

TEST_F(SelectorTest, FingerprintsTellSelectorsApart) {
  v1::Selector other = proto;
  EXPECT_EQ(Fingerprint(proto), Fingerprint(other));
  other.add_connection_ids("a");
  EXPECT_NE(Fingerprint(proto), Fingerprint(other));
  for (int i = 0; i < 50; ++i) (*proto.mutable_labels())[std::to_string(i)] = "x";
  v1::Selector reversed;
  reversed.set_namespace_("chat");
  for (int i = 49; i >= 0; --i) (*reversed.mutable_labels())[std::to_string(i)] = "x";
  EXPECT_EQ(Fingerprint(proto), Fingerprint(reversed));
}

}  // namespace
}  // namespace sluice::control
