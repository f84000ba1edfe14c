// SPDX-License-Identifier: Apache-2.0
//
// What a connection's labels may have, whoever sets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/client_verbs.h"
#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;

struct LabelsTest : testing::Test {
  static ShardOptions Options() {
    ShardOptions options;
    options.policy.labels_bytes = 10;
    return options;
  }
  HubWorld world{1, Options()};

  Labels Of(const std::string& id) {
    auto views = world.shard().views().List({.space = "chat", .connections = {id}}, "", 1);
    return views.empty() ? Labels{{"nobody", "here"}} : views[0].labels;
  }
  Outcome Update(const Labels& labels, std::optional<std::string> user = std::nullopt) {
    return world.shard().clients().Update({.space = "chat"}, user, labels, world.now);
  }
};

TEST_F(LabelsTest, OfBackendsAreBoundedTogether) {
  auto client = world.Connect("chat", "a");
  EXPECT_EQ(Update({{"ab", "12"}, {"cd", "34"}}).enqueued, 1);
  Outcome outcome = Update({{"e", "567"}}, "ann");
  EXPECT_EQ(outcome.enqueued, 0);
  EXPECT_EQ(outcome.dropped[static_cast<size_t>(DropReason::kLimit)], 1);
  EXPECT_EQ(Of("a"), (Labels{{"ab", "12"}, {"cd", "34"}})) << "all or nothing";
  EXPECT_EQ(world.probe().labels_refused.value(), 1);
  EXPECT_EQ(Update({{"ab", ""}, {"e", "567"}}).enqueued, 1) << "what leaves makes room";
  EXPECT_EQ(Of("a"), (Labels{{"cd", "34"}, {"e", "567"}}));
  EXPECT_EQ(Update({{"e", "5678"}, {"f", "9"}}).enqueued, 0);
}

TEST_F(LabelsTest, OfAdmissionThatDoNotFitRefuse) {
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  Accept accept;
  accept.user = "ann";
  accept.labels = {{"name", "1234567"}};
  world.Reply(*admission, accept);
  ASSERT_TRUE(client->socket.closed());
  EXPECT_EQ(client->socket.closed()->code, 4403);
  EXPECT_EQ(client->socket.closed()->reason, "the worker's labels exceed --labels-bytes");
}

TEST_F(LabelsTest, OfALoginThatDoNotFitAreAnError) {
  auto login = world.ServeRole("chat", Role::kLogin);
  auto client = world.Connect("chat", "a");
  Update({{"ab", "12"}});
  world.Say(*client, "login 1 x");
  Accept accept;
  accept.user = "ann";
  accept.labels = {{"cd", "34567"}};
  world.Reply(*login, accept);
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 application"));
  EXPECT_EQ(Of("a"), (Labels{{"ab", "12"}}));
  auto views = world.shard().views().List({.space = "chat"}, "", 1);
  EXPECT_FALSE(views[0].authenticated) << "nothing of it was taken";
}

}  // namespace
}  // namespace sluice::hub
