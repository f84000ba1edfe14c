// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/waiting_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace sluice::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct WaitingCallsTest : testing::Test {
  // Call `id` of session id / 10.
  void Add(uint64_t id) { places[id] = calls.Add(Key{id / 10}, Key{id}); }
  void Remove(uint64_t id) { calls.Remove(Key{id / 10}, places[id]); }
  std::vector<uint64_t> TakeAll() {
    std::vector<uint64_t> taken;
    while (!calls.empty()) {
      taken.push_back(calls.Next().value);
      calls.TakeNext();
    }
    return taken;
  }
  uint64_t Yields(uint64_t session) {
    auto call = calls.WhoYieldsTo(Key{session});
    return call ? call->value : 0;
  }

  WaitingCalls calls;
  std::map<uint64_t, WaitingCalls::Place> places;
};

TEST_F(WaitingCallsTest, SessionsTakeTurns) {
  for (uint64_t id : {11, 12, 13, 21, 31, 32}) Add(id);
  EXPECT_EQ(calls.size(), 6);
  EXPECT_THAT(TakeAll(), ElementsAre(11, 21, 31, 12, 32, 13));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(WaitingCallsTest, OneSessionIsServedInOrder) {
  for (uint64_t id : {11, 12, 13}) Add(id);
  EXPECT_THAT(TakeAll(), ElementsAre(11, 12, 13));
}

TEST_F(WaitingCallsTest, WhatIsPutBackComesFirst) {
  for (uint64_t id : {11, 12, 21}) Add(id);
  calls.PutBack(Key{2}, Key{20});
  calls.PutBack(Key{3}, Key{30});
  EXPECT_THAT(TakeAll(), ElementsAre(30, 20, 11, 21, 12));
}

TEST_F(WaitingCallsTest, AnyMayLeave) {
  for (uint64_t id : {11, 12, 13, 21}) Add(id);
  Remove(12);
  Remove(21);
  EXPECT_EQ(calls.size(), 2);
  EXPECT_THAT(TakeAll(), ElementsAre(11, 13));
}

TEST_F(WaitingCallsTest, TheLongestLineYields) {
  EXPECT_EQ(Yields(1), 0);
  for (uint64_t id : {11, 12, 13, 21, 22, 31}) Add(id);
  EXPECT_EQ(Yields(1), 0) << "not to itself";
  EXPECT_EQ(Yields(2), 0) << "not to one that would be as long";
  EXPECT_EQ(Yields(3), 13);
  EXPECT_EQ(Yields(4), 13);
  Remove(13);
  Remove(12);
  EXPECT_EQ(Yields(4), 22);
}

TEST_F(WaitingCallsTest, AllAreShownInTurn) {
  for (uint64_t id : {11, 12, 21}) Add(id);
  EXPECT_THAT(calls.All(), ElementsAre(Key{11}, Key{12}, Key{21}));
}

}  // namespace
}  // namespace sluice::hub
