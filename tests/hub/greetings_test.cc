// SPDX-License-Identifier: Apache-2.0
//
// What a client says first, and who decides about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/hub/views.h"
#include "tests/fakes/hub_world.h"

namespace sluice::hub {
namespace {

using fakes::HubWorld;
using testing::ElementsAre;
using testing::IsEmpty;

struct Greeting : testing::Test {
  Greeting() { world.dialect.greeting_within = absl::Seconds(10); }
  HubWorld world;
};

TEST_F(Greeting, OpensTheConnection) {
  auto client = world.Connect("chat", "a");
  EXPECT_TRUE(world.shard().Reading(client->key));
  EXPECT_EQ(world.shard().views().Count({.space = "chat"}), 0);
  world.Say(*client, "greet 1 {}");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a "));
  EXPECT_EQ(world.shard().views().Count({.space = "chat"}), 1);
  EXPECT_THAT(world.Say(*client, "greet 2 {}"), ElementsAre("welcome 2 a ")) << "asked again";
}

TEST_F(Greeting, TimesOut) {
  auto client = world.Connect("chat", "a");
  world.Pass(absl::Seconds(11));
  EXPECT_EQ(client->socket.closed()->code, 4407);
}

TEST_F(Greeting, GoesToAdmissionWhoseErrorIsTold) {
  auto admission = world.ServeRole("chat", Role::kAdmission);
  auto client = world.Connect("chat", "a");
  EXPECT_THAT(admission->invoked, IsEmpty()) << "nothing was said yet";
  world.Say(*client, "greet 1 {\"who\":1}");
  ASSERT_EQ(admission->invoked.size(), 1);
  EXPECT_EQ(admission->invoked[0].params, Payload::Json("{\"who\":1}"));
  world.Reply(*admission, CallError{Fault::kApplication, "Auth", 401, "failed", {}});
  EXPECT_THAT(client->socket.Take(), ElementsAre("err 1 application"));
  EXPECT_EQ(client->socket.closed()->code, 4403);
}

TEST_F(Greeting, CarriesOutWhatCameWithItAfterwards) {
  auto worker = world.Serve("chat", "m");
  world.dialect.open = true;
  auto client = world.Connect("chat", "a");
  world.Say(*client, "greet 1 {}\nsub 2 x");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a "));
  world.Say(*client, "sub 3 x");
  EXPECT_EQ(world.shard().views().Count({.space = "chat"}), 1);
}

TEST_F(Greeting, WithATokenAuthenticates) {
  auto client = world.Connect("chat", "a");
  world.Say(*client, "greet 1 {} good:ann");
  world.Run();
  EXPECT_THAT(client->socket.Take(), ElementsAre("welcome 1 a  known"));
  EXPECT_EQ(world.shard().views().Count({.space = "chat", .users = {"ann"}}), 1);
  auto other = world.Connect("chat", "b");
  world.Say(*other, "greet 1 {} bad");
  world.Run();
  EXPECT_THAT(other->socket.Take(), ElementsAre("welcome 1 b  flawed", "untoken"));
}

}  // namespace
}  // namespace sluice::hub
