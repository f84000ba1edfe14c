// SPDX-License-Identifier: Apache-2.0
//
// Lists that clients get are bounded in bytes, and made once a change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::EndsWith;
using testing::Not;

ShardOptions Narrow(size_t list_bytes) {
  ShardOptions options;
  options.policy.lists.bytes = list_bytes;
  return options;
}

TEST(Lists, OfMethodsAreMadeOnceAChange) {
  HubWorld world;
  auto worker = world.Serve("chat", "a");
  auto client = world.Connect("chat", "c");
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 a"));
  EXPECT_THAT(world.Say(*client, "list 2"), ElementsAre("methods 2 a"));
  EXPECT_EQ(world.dialect.lists_encoded, 1);
  auto other = world.Serve("*", "b");
  EXPECT_THAT(world.Say(*client, "list 3"), ElementsAre("methods 3 a,b"));
  EXPECT_EQ(world.dialect.lists_encoded, 2);
  auto elsewhere = world.Connect("news", "c");
  EXPECT_THAT(world.Say(*elsewhere, "list 1"), ElementsAre("methods 1 b"));
  EXPECT_THAT(world.Say(*client, "list 4"), ElementsAre("methods 4 a,b"));
}

TEST(Lists, OfMethodsShowANameOnce) {
  HubWorld world;
  auto own = world.Serve("chat", "m");
  auto everywhere = world.Serve("*", "m");
  auto more = world.Serve("*", "z");
  auto client = world.Connect("chat", "c");
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 m,z"));
}

TEST(Lists, OfMethodsAreCutAndTheCutIsTold) {
  HubWorld world(1, Narrow(10));
  std::vector<std::shared_ptr<fakes::FakeWorker>> workers;
  for (const char* name : {"aa", "bb", "cc"}) workers.push_back(world.Serve("chat", name));
  auto client = world.Connect("chat", "c");
  EXPECT_THAT(world.Say(*client, "list 1"), ElementsAre("methods 1 aa,bb cut"));
  EXPECT_EQ(world.probe().method_lists_cut.value(), 1);
}

// Each is shown as its id in brackets.
TEST(Lists, OfMembersAreCutAndTheCutIsTold) {
  HubWorld world(1, Narrow(12));
  world.dialect.roster = true;
  auto a = world.Connect("chat", "aa");
  auto b = world.Connect("chat", "bb");
  world.Pass(absl::Milliseconds(50));
  EXPECT_THAT(b->socket.Take(), ElementsAre("members bb <aa><bb>"));
  auto c = world.Connect("chat", "cc");
  world.Pass(absl::Milliseconds(50));
  EXPECT_THAT(c->socket.Take(), ElementsAre("members cc <aa><bb><cc> cut"));
  EXPECT_EQ(world.probe().member_lists_cut.value(), 1);
}

TEST(Lists, LongNamesShutNoRoom) {
  ShardOptions options = Narrow(4096);
  options.policy.delivery.outbox_bytes = 16384;
  HubWorld world(1, options);
  world.dialect.roster = true;
  std::vector<std::unique_ptr<fakes::FakeClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(world.Connect("chat", absl::StrCat(i, std::string(900, 'x'))));
    world.Pass(absl::Milliseconds(50));
    for (auto& client : clients) client->socket.Take();
    EXPECT_FALSE(clients.back()->socket.closed()) << i;
  }
}

TEST(Lists, OfChannelsAreRefusedWholeIfTheirAnswerIsTooLong) {
  HubWorld world(1, Narrow(1024));
  world.dialect.open = true;
  auto client = world.Connect("chat", "c");
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back(absl::StrCat("c", i));
  std::string many = absl::StrJoin(names, ",");
  EXPECT_THAT(world.Say(*client, "sub 1 " + many), ElementsAre("err 1 invalid_request"));
  EXPECT_THAT(world.Say(*client, "unsub 2 c0"), ElementsAre(Not(EndsWith("c0=0"))));
  EXPECT_THAT(world.Say(*client, "unsub 3 " + many), ElementsAre("err 3 invalid_request"));
  EXPECT_THAT(world.Say(*client, "sub 4 a,b"), ElementsAre("chan 4 a=0,b=0"));
}

}  // namespace
}  // namespace sluice::hub
