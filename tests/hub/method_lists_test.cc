// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/method_lists.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/hub/methods.h"
#include "tests/fakes/fake_dialect.h"
#include "tests/fakes/fake_worker.h"

namespace sluice::hub {
namespace {

struct MethodListsTest : testing::Test {
  void Offer(const std::string& space, const std::string& method) {
    auto offer = std::make_shared<hub::Offer>();
    offer->worker = 1;
    offer->link = std::make_shared<fakes::FakeWorker>(1);
    offer->method = method;
    ASSERT_TRUE(table.Register({space, {std::move(offer)}, {}}).ok());
  }
  std::string Ask(const std::string& space) { return lists.For(dialect, space).encoded; }

  MethodTable table{1000};
  fakes::FakeDialect dialect{0};
  fakes::FakeDialect other{1};
  MethodLists lists{table, 1000};
};

TEST_F(MethodListsTest, NamespacesThatAskInTurnAreMadeOnceEach) {
  Offer("chat", "a");
  Offer("news", "b");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Ask("chat"), "a");
    EXPECT_EQ(Ask("news"), "b");
  }
  EXPECT_EQ(dialect.lists_encoded, 2);
}

TEST_F(MethodListsTest, DialectsHaveListsOfTheirOwn) {
  Offer("chat", "a");
  for (int i = 0; i < 10; ++i) {
    lists.For(dialect, "chat");
    lists.For(other, "chat");
  }
  EXPECT_EQ(dialect.lists_encoded, 1);
  EXPECT_EQ(other.lists_encoded, 1);
}

TEST_F(MethodListsTest, AChangeVoidsAll) {
  Offer("chat", "a");
  EXPECT_EQ(Ask("chat"), "a");
  EXPECT_EQ(Ask("news"), "");
  Offer("*", "z");
  EXPECT_EQ(Ask("chat"), "a,z");
  EXPECT_EQ(Ask("news"), "z");
  EXPECT_EQ(dialect.lists_encoded, 4);
}

// Each costs nearly 1,200 of 8,000 bytes, so six fit, and a seventh takes the place of one.
TEST_F(MethodListsTest, WhoWasNotAskedForLongestGoesFirst) {
  const std::string name(900, 'n');
  Offer("*", name);
  auto space = [](int i) { return absl::StrCat("space", i); };
  const int room = 6;
  for (int i = 0; i < room; ++i) Ask(space(i));
  Ask(space(0));
  EXPECT_EQ(dialect.lists_encoded, room);
  Ask(space(room));  // space 1 goes
  Ask(space(0));
  EXPECT_EQ(dialect.lists_encoded, room + 1);
  Ask(space(1));
  EXPECT_EQ(dialect.lists_encoded, room + 2);
}

TEST_F(MethodListsTest, WhatIsKeptIsBoundedInBytes) {
  Offer("*", "short");
  for (int i = 0; i < 10'000; ++i) {
    Ask(absl::StrCat("space", i));
    ASSERT_LE(lists.bytes(), MethodLists::kFullListsMax * 1000);
  }
  EXPECT_GT(lists.bytes(), 7000);
}

TEST_F(MethodListsTest, TheLastIsKeptEvenIfItIsLarger) {
  MethodLists narrow(table, 10);  // eight of those are less than one list costs
  Offer("chat", "a");
  Offer("news", "b");
  EXPECT_EQ(narrow.For(dialect, "chat").encoded, "a");
  EXPECT_EQ(narrow.For(dialect, "chat").encoded, "a");
  EXPECT_EQ(dialect.lists_encoded, 1);
  EXPECT_EQ(narrow.For(dialect, "news").encoded, "b");
  EXPECT_EQ(narrow.For(dialect, "chat").encoded, "a");
  EXPECT_EQ(dialect.lists_encoded, 3);
}

}  // namespace
}  // namespace sluice::hub
