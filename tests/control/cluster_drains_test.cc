// SPDX-License-Identifier: Apache-2.0
//
// Drains over several nodes of one memory bus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "control/drain_verbs.h"
#include "control/drains_verb.h"
#include "control/status.h"
#include "tests/control/cluster_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;

v1::StartDrainRequest Request(uint32_t per_second) {
  v1::StartDrainRequest request;
  request.mutable_selector()->set_namespace_("chat");
  request.set_drain_id("d");
  request.set_per_second(per_second);
  return request;
}

struct ClusterDrainTest : testing::Test {
  ClusterWorld world{2};
  std::unique_ptr<FakeClient> a = world[0].world.Connect("chat", "a");
  std::unique_ptr<FakeClient> b = world[1].world.Connect("chat", "b", 0);
  std::unique_ptr<FakeClient> c = world[0].world.Connect("chat", "c");
  std::unique_ptr<FakeClient> d = world[1].world.Connect("chat", "d", 1);
};

TEST_F(ClusterDrainTest, SpansNodesAtOnePace) {
  auto request = Request(2);
  auto drain = world.StartDrain(0, request);
  ASSERT_TRUE(drain.ok()) << drain.status();
  EXPECT_EQ(drain->matched(), 4);
  EXPECT_EQ(drain->per_second(), 2);
  auto again = world.StartDrain(1, request);
  ASSERT_TRUE(again.ok()) << again.status();

  v1::GetDrainRequest get;
  get.set_drain_id("d");
  world.Pass(absl::Milliseconds(500));
  auto half = world.Ask<GetDrainVerb>(1, get);
  EXPECT_EQ(half->state(), v1::Drain::STATE_RUNNING);
  EXPECT_LE(half->closed(), 3);
  EXPECT_FALSE(half->has_ended_at());
  for (int i = 0; i < 100; ++i) {
    if (world.Ask<GetDrainVerb>(0, get)->state() == v1::Drain::STATE_DONE) break;
    world.Pass(absl::Milliseconds(100));
  }
  auto ended = world.Ask<GetDrainVerb>(0, get);
  EXPECT_EQ(ended->state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(ended->closed(), 4);
  EXPECT_TRUE(ended->has_ended_at());
}

TEST_F(ClusterDrainTest, ThatOneNodeRefusesBeginsNowhere) {
  auto request = Request(1000);
  request.mutable_selector()->add_user_ids("nobody");
  absl::StatusOr<v1::Drain> taken;
  auto verb = SelectDrainVerb::Make(world[1].node, request);
  ASSERT_TRUE(verb.ok());
  std::move(*verb).Run(world[1].node, [&](auto drain) { taken = std::move(drain); });
  world.Run();
  ASSERT_TRUE(taken.ok());

  request.mutable_selector()->clear_user_ids();
  EXPECT_EQ(ReasonOf(world.StartDrain(0, request).status()), "DRAIN_ID_TAKEN");
  EXPECT_EQ(ReasonOf(world[0].book.Get("d").status()), "DRAIN_NOT_FOUND");
  EXPECT_TRUE(world[1].book.Get("d").ok());
  world.Pass(absl::Seconds(1));
  EXPECT_FALSE(a->socket.closed());
  EXPECT_FALSE(b->socket.closed());
}

TEST_F(ClusterDrainTest, AreListedByTheirIdsAPageAtATime) {
  for (const char* id : {"d3", "d1", "d2"}) {
    auto request = Request(1);
    request.set_drain_id(id);
    // Each closes others, at once.
    const std::vector<std::string> ids = id == std::string("d1")
                                             ? std::vector<std::string>{"a", "b"}
                                             : std::vector<std::string>{"c"};
    request.mutable_selector()->mutable_connection_ids()->Add(ids.begin(), ids.end());
    ASSERT_TRUE(world.StartDrain(0, request).ok());
  }
  v1::ListDrainsRequest list;
  list.set_page_size(2);
  auto page = world.Ask<ListDrainsVerb>(1, list);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->drains_size(), 2);
  EXPECT_EQ(page->drains(0).id(), "d1");
  EXPECT_EQ(page->drains(1).id(), "d2");
  // The parts of both nodes in one, and of the selector the namespace.
  EXPECT_EQ(page->drains(0).matched(), 2);
  EXPECT_EQ(page->drains(0).selector().ShortDebugString(), "namespace: \"chat\"");
  ASSERT_FALSE(page->next_page_token().empty());
  list.set_page_token(page->next_page_token());
  page = world.Ask<ListDrainsVerb>(0, list);
  ASSERT_EQ(page->drains_size(), 1);
  EXPECT_EQ(page->drains(0).id(), "d3");
  EXPECT_TRUE(page->next_page_token().empty());

  list.clear_page_token();
  list.set_scope(v1::SCOPE_LOCAL);
  EXPECT_EQ(world.Ask<ListDrainsVerb>(0, list)->drains(0).matched(), 1);
  list.set_page_size(-1);
  EXPECT_EQ(ReasonOf(world.Ask<ListDrainsVerb>(0, list).status()), "PAGE_SIZE_INVALID");
  list.set_page_size(0);
  list.set_page_token("made up");
  EXPECT_EQ(ReasonOf(world.Ask<ListDrainsVerb>(0, list).status()), "PAGE_TOKEN_INVALID");
}

// Three nodes with ten clients each.
struct ThreeNodesDrain : testing::Test {
  ClusterWorld world{3};
  std::vector<std::unique_ptr<FakeClient>> clients[3];
  ThreeNodesDrain() {
    for (size_t node = 0; node < 3; ++node) {
      for (int i = 0; i < 10; ++i) {
        clients[node].push_back(world[node].world.Connect("chat", absl::StrCat("c", node, "-", i)));
      }
    }
  }
  size_t Closed(size_t node) const {
    return static_cast<size_t>(
        std::count_if(clients[node].begin(), clients[node].end(),
                      [](const auto& client) { return client->socket.closed().has_value(); }));
  }
  size_t Closed() const { return Closed(0) + Closed(1) + Closed(2); }
  v1::Drain Get(size_t node, v1::Scope scope = v1::SCOPE_CLUSTER) {
    v1::GetDrainRequest get;
    get.set_drain_id("d");
    get.set_scope(scope);
    auto drain = world.Ask<GetDrainVerb>(node, get);
    EXPECT_TRUE(drain.ok()) << drain.status();
    return drain.value_or(v1::Drain());
  }
  // The last node is no more, and its clients are cut.
  void KillLast() {
    clients[2].clear();
    world.nodes.pop_back();
    world.Run();
  }
  static uint64_t SumOf(const v1::Drain& drain) {
    uint64_t sum = drain.closed() + drain.gone() + drain.remaining();
    for (const auto& lost : drain.lost()) sum += lost.matched();
    return sum;
  }
};

TEST_F(ThreeNodesDrain, OneASecondIsOneOfAllNodes) {
  ASSERT_TRUE(world.StartDrain(1, Request(1)).ok());
  for (size_t second = 0; second < 30; ++second) {
    EXPECT_NEAR(static_cast<double>(Closed()), static_cast<double>(second) + 1, 1) << second;
    world.Pass(absl::Seconds(1));
  }
  world.Pass(absl::Seconds(1));
  EXPECT_EQ(Get(0).state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(Get(2).closed(), 30);
}

TEST_F(ThreeNodesDrain, WhenANodeIsGoneTheOthersTakeOverItsPartOfThePace) {
  ASSERT_TRUE(world.StartDrain(2, Request(3)).ok());  // by the one that dies
  world.Pass(absl::Seconds(2));
  KillLast();
  const size_t before = Closed(0) + Closed(1);
  EXPECT_NEAR(static_cast<double>(before), 4, 2);
  world.Pass(absl::Seconds(4));
  EXPECT_NEAR(static_cast<double>(Closed(0) + Closed(1) - before), 12, 1) << "three a second";
  const v1::Drain half = Get(0);
  EXPECT_EQ(half.state(), v1::Drain::STATE_RUNNING);
  EXPECT_EQ(half.matched(), 30);
  EXPECT_EQ(SumOf(half), 30);
  ASSERT_EQ(half.lost_size(), 1);
  EXPECT_EQ(half.lost(0).node(), "n3");
  EXPECT_EQ(half.lost(0).matched(), 10);
  EXPECT_EQ(Get(0, v1::SCOPE_LOCAL).matched(), 10) << "its own part";
  world.Pass(absl::Seconds(3));
  const v1::Drain done = Get(1);
  EXPECT_EQ(done.state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(done.closed(), 20);
  EXPECT_EQ(SumOf(done), 30);
}

TEST_F(ThreeNodesDrain, TheLastNodeKnowsTheWhole) {
  ASSERT_TRUE(world.StartDrain(0, Request(30)).ok());
  KillLast();
  clients[1].clear();
  world.nodes.pop_back();
  world.Run();
  world.Pass(absl::Seconds(1));
  const v1::Drain drain = Get(0);
  EXPECT_EQ(drain.state(), v1::Drain::STATE_DONE) << "30 a second are left to it";
  EXPECT_EQ(drain.matched(), 30);
  EXPECT_EQ(drain.lost_size(), 2);
  EXPECT_EQ(SumOf(drain), 30);
}

TEST_F(ThreeNodesDrain, ANodeThatGoesWhileItIsPaused) {
  ASSERT_TRUE(world.StartDrain(0, Request(2)).ok());
  v1::PauseDrainRequest pause;
  pause.set_drain_id("d");
  ASSERT_TRUE(world.Ask<PauseDrainVerb>(1, pause).ok());
  KillLast();
  const size_t before = Closed(0) + Closed(1);
  world.Pass(absl::Seconds(5));
  EXPECT_EQ(Closed(0) + Closed(1), before);
  v1::ResumeDrainRequest resume;
  resume.set_drain_id("d");
  ASSERT_TRUE(world.Ask<ResumeDrainVerb>(1, resume).ok());
  world.Pass(absl::Seconds(5));
  EXPECT_NEAR(static_cast<double>(Closed(0) + Closed(1) - before), 10, 1);
}

// A node that is taken for dead and is not, as one that was frozen.
TEST_F(ThreeNodesDrain, ANodeThatAnswersIsNotLost) {
  ASSERT_TRUE(world.StartDrain(0, Request(1)).ok());
  world[0].book.OnGone("n3", world.now());
  const v1::Drain drain = Get(0);
  EXPECT_EQ(drain.lost_size(), 0);
  EXPECT_EQ(drain.matched(), 30);
  EXPECT_EQ(SumOf(drain), 30);
}

TEST_F(ThreeNodesDrain, ANodeThatGoesBeforeItBegins) {
  absl::StatusOr<v1::Drain> selected = absl::UnknownError("");
  auto verb = SelectDrainVerb::Make(world[0].node, Request(6));
  ASSERT_TRUE(verb.ok());
  std::move(*verb).Run(world[0].node, [&](auto drain) { selected = std::move(drain); });
  world.Run();
  ASSERT_TRUE(selected.ok());
  world[0].book.OnGone("n3", world.now());
  const absl::Time started_at = absl::FromUnixSeconds(selected->started_at().seconds()) +
                                absl::Nanoseconds(selected->started_at().nanos());
  DrainShares shares("n1", 6, {{"n1", 10}, {"n2", 10}, {"n3", 10}});
  ASSERT_TRUE(world[0].book.Begin("d", started_at, std::move(shares), world.now()).ok());
  world.Pass(absl::Seconds(2));
  EXPECT_NEAR(static_cast<double>(Closed(0)), 6, 1) << "half of six a second";
  EXPECT_EQ(Get(0).lost_size(), 1);
}

}  // namespace
}  // namespace sluice::control
