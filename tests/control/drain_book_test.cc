// SPDX-License-Identifier: Apache-2.0
//
// Drains by their ids, and what comes late to an id that names another by now.
#include "control/drain_book.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/status.h"
#include "control/values.h"
#include "gateway/hub/drains.h"
#include "tests/fakes/hub_world.h"

namespace sluice::control {
namespace {

using fakes::FakeClient;
using fakes::HubWorld;

constexpr absl::Duration kPatience = absl::Seconds(4);

struct DrainBookTest : testing::Test {
  HubWorld world{2};
  std::unique_ptr<FakeClient> a = world.Connect("chat", "a", 0);
  std::unique_ptr<FakeClient> b = world.Connect("chat", "b", 1);
  std::unique_ptr<FakeClient> other = world.Connect("other", "a", 1);
  hub::Drains drains{world.set, world.home};
  DrainBook book{BoundTo(1), drains};
  std::vector<absl::StatusOr<v1::Drain>> selected;

  static Limits BoundTo(size_t drains_max) {
    Limits limits;
    limits.drains_max = drains_max;
    return limits;
  }
  static v1::StartDrainRequest Request(const std::string& id, const std::string& space) {
    v1::StartDrainRequest request;
    request.set_drain_id(id);
    request.mutable_selector()->set_namespace_(space);
    request.set_per_second(1000);
    return request;
  }
  void Select(const v1::StartDrainRequest& request, DrainBook& by) {
    hub::DrainPlan plan;
    plan.selector.space = request.selector().namespace_();
    plan.refuse_new = request.refuse_new();
    by.Select(request, std::move(plan), kPatience, world.now,
              [this](auto drain) { selected.push_back(std::move(drain)); });
  }
  void Select(const std::string& id, const std::string& space) { Select(Request(id, space), book); }
  absl::StatusOr<v1::Drain> Begin(const v1::Drain& drain, uint32_t per_second = 1000) {
    return book.Begin(drain.id(), *ToTime(drain.started_at()),
                      DrainShares("n1", per_second, {{"n1", drain.matched()}}), world.now);
  }
  absl::StatusOr<v1::Drain> Abandon(const v1::Drain& drain) {
    return book.Abandon(drain.id(), *ToTime(drain.started_at()), world.now);
  }
  void Pass(absl::Duration time) {
    for (absl::Duration step = absl::Milliseconds(20); time > absl::ZeroDuration(); time -= step) {
      world.Pass(step);
      book.Tick(world.now);
      world.Run();
    }
  }
  int Closed() {
    int closed = 0;
    for (FakeClient* client : {a.get(), b.get(), other.get()}) {
      closed += client->socket.closed() ? 1 : 0;
    }
    return closed;
  }
};

TEST_F(DrainBookTest, SelectsThenBegins) {
  Select("d", "chat");
  world.Run();
  ASSERT_EQ(selected.size(), 1);
  EXPECT_EQ(selected[0]->matched(), 2);
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 0);
  ASSERT_TRUE(Begin(*selected[0]).ok());
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 2);
  EXPECT_EQ(book.Get("d")->state(), v1::Drain::STATE_DONE);
  EXPECT_EQ(Begin(*selected[0])->state(), v1::Drain::STATE_DONE) << "again changes nothing";
}

TEST_F(DrainBookTest, TheSameRequestIsTheSameDrain) {
  Select("d", "chat");
  Select("d", "chat");
  world.Run();
  Select("d", "chat");
  ASSERT_EQ(selected.size(), 3);
  for (const auto& drain : selected) {
    EXPECT_EQ(drain->SerializeAsString(), selected[0]->SerializeAsString());
  }
  Select("d", "other");
  EXPECT_EQ(ReasonOf(selected[3].status()), "DRAIN_ID_TAKEN");
}

TEST_F(DrainBookTest, OneThatIsCancelledAndForgottenBeforeItIsSelected) {
  Select("a", "chat");
  ASSERT_TRUE(book.Cancel("a", world.now).ok());
  Select("b", "other");
  world.Run();
  ASSERT_EQ(selected.size(), 2);
  EXPECT_EQ(selected[0]->state(), v1::Drain::STATE_CANCELLED);
  EXPECT_EQ(selected[1]->matched(), 1);
  EXPECT_EQ(ReasonOf(Begin(*selected[0]).status()), "DRAIN_NOT_FOUND");
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 0);
}

TEST_F(DrainBookTest, OneIsNotTakenForItsNamesake) {
  Select("a", "chat");
  ASSERT_TRUE(book.Cancel("a", world.now).ok());
  Select("b", "chat");
  ASSERT_TRUE(book.Cancel("b", world.now).ok());
  Select("a", "other");  // while the clock stands
  world.Run();
  ASSERT_EQ(selected.size(), 3);
  EXPECT_EQ(book.Get("a")->matched(), 1) << "the late selection is of the first one";
  EXPECT_EQ(ReasonOf(Begin(*selected[0]).status()), "DRAIN_NOT_FOUND");
  Pass(absl::Seconds(1));
  EXPECT_EQ(Closed(), 0);
  ASSERT_TRUE(Begin(*selected[2]).ok());
  Pass(absl::Seconds(1));
  EXPECT_TRUE(other->socket.closed());
}

TEST_F(DrainBookTest, ACloseOfItsNamesakeIsNotCounted) {
  Select("a", "chat");
  world.Run();
  ASSERT_TRUE(Begin(*selected[0]).ok());
  ASSERT_TRUE(book.Cancel("a", world.now).ok());
  Select("a", "chat");
  EXPECT_EQ(selected.back()->state(), v1::Drain::STATE_CANCELLED) << "the same request again";
  Select("b", "none");
  ASSERT_TRUE(book.Cancel("b", world.now).ok());
  Select("a", "other");
  world.Run();
  EXPECT_EQ(book.Get("a")->closed(), 0);
  EXPECT_EQ(book.Get("a")->gone(), 0);
  EXPECT_EQ(book.Get("a")->finishing(), 0);
}

TEST_F(DrainBookTest, WhatDoesNotBeginInTimeIsForgotten) {
  auto request = Request("d", "chat");
  request.set_refuse_new(true);
  Select(request, book);
  Pass(kPatience - absl::Milliseconds(100));
  EXPECT_TRUE(book.Get("d").ok());
  EXPECT_TRUE(world.shard(0).Refuses("chat"));
  Pass(absl::Milliseconds(200));
  EXPECT_EQ(ReasonOf(book.Get("d").status()), "DRAIN_NOT_FOUND");
  EXPECT_FALSE(world.shard(0).Refuses("chat"));
  EXPECT_EQ(ReasonOf(Begin(*selected[0]).status()), "DRAIN_NOT_FOUND");
  EXPECT_EQ(drains.running(), 0);
  EXPECT_EQ(Closed(), 0);
  Select("d", "other");
  world.Run();
  EXPECT_EQ(selected.back()->matched(), 1) << "the id is free again";
}

TEST_F(DrainBookTest, WhatIsToldNotToBeginIsForgotten) {
  Select("d", "chat");
  world.Run();
  ASSERT_TRUE(Abandon(*selected[0]).ok());
  EXPECT_EQ(ReasonOf(book.Get("d").status()), "DRAIN_NOT_FOUND");
  EXPECT_EQ(drains.running(), 0);
}

TEST_F(DrainBookTest, WhatHasBegunIsNotForgotten) {
  Select("d", "chat");
  world.Run();
  ASSERT_TRUE(Begin(*selected[0], 1).ok());
  ASSERT_TRUE(Abandon(*selected[0]).ok());
  EXPECT_EQ(book.Get("d")->state(), v1::Drain::STATE_RUNNING);
}

TEST_F(DrainBookTest, OnlySoManyAreKept) {
  Select("a", "chat");
  world.Run();
  Select("b", "chat");
  EXPECT_EQ(ReasonOf(selected.back().status()), "DRAINS_EXHAUSTED");
  ASSERT_TRUE(book.Cancel("a", world.now).ok());
  Select("b", "chat");
  EXPECT_TRUE(book.Get("b").ok()) << "what ended makes room";
  EXPECT_FALSE(book.Get("a").ok());
}

TEST_F(DrainBookTest, OnlySoManyBytesAreKept) {
  Limits limits = BoundTo(100);
  limits.drains_bytes = 140'000;
  DrainBook small(limits, drains);
  auto large = [](const std::string& id, int ids) {
    auto request = Request(id, "chat");
    for (int i = 0; i < ids; ++i) {
      request.mutable_selector()->add_connection_ids(std::string(200, 'x') + std::to_string(i));
    }
    return request;
  };
  Select(large("a", 300), small);
  world.Run();
  EXPECT_TRUE(selected.back().ok());
  Select(large("b", 300), small);
  EXPECT_EQ(ReasonOf(selected.back().status()), "DRAINS_EXHAUSTED");
  ASSERT_TRUE(small.Cancel("a", world.now).ok());
  Select(large("c", 1000), small);
  EXPECT_EQ(ReasonOf(selected.back().status()), "DRAINS_EXHAUSTED");
  EXPECT_TRUE(small.Get("a").ok()) << "nobody makes way for what can never fit";
  Select(large("b", 300), small);
  world.Run();
  EXPECT_TRUE(selected.back().ok());
  EXPECT_FALSE(small.Get("a").ok());
}

TEST_F(DrainBookTest, AStartIsUniqueAndTheDateAsItIsNow) {
  DrainBook many{BoundTo(10), drains};
  for (const char* id : {"d1", "d2", "d3"}) Select(Request(id, "chat"), many);
  world.now.date -= absl::Hours(24);
  Select(Request("d4", "chat"), many);
  world.Run();
  ASSERT_EQ(selected.size(), 4);
  std::set<absl::Time> starts;
  for (const auto& drain : selected) starts.insert(*ToTime(drain->started_at()));
  EXPECT_EQ(starts.size(), 4);
  EXPECT_EQ(*starts.begin(), world.now.date);
}

}  // namespace
}  // namespace sluice::control
