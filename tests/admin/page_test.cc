// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/page.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gateway/admin/door.h"
#include "gateway/admin/pages.h"
#include "tests/fakes/manual_executor.h"

namespace sluice::admin {
namespace {

// What completions were told, in order: a body, or "none".
struct Told {
  Completion Make() {
    return Completion([this](std::optional<Answer> answer) {
      words.push_back(answer ? answer->body : "none");
      last = std::move(answer);
    });
  }
  std::vector<std::string> words;
  std::optional<Answer> last;
};

using Words = std::vector<std::string>;

// Twice is impossible: whoever answers gives the completion away, and there is one of it.
static_assert(std::is_invocable_v<Completion&&, Answer>);
static_assert(!std::is_invocable_v<Completion&, Answer>);
static_assert(!std::is_copy_constructible_v<Completion>);
static_assert(!std::is_copy_assignable_v<Completion>);

TEST(Completion, IsToldOnce) {
  Told told;
  {
    Completion first = told.Make();
    Completion second = std::move(first);
    std::move(second)({.body = "a"});
    EXPECT_EQ(told.words, Words({"a"}));
  }
  EXPECT_EQ(told.words, Words({"a"}));
}

TEST(Completion, ThatIsDroppedSaysSo) {
  Told told;
  {
    Completion dropped = told.Make();
  }
  EXPECT_EQ(told.words, Words({"none"}));
}

TEST(Completion, ThatIsReplacedIsDropped) {
  Told replaced, kept;
  Completion done = replaced.Make();
  done = kept.Make();
  EXPECT_EQ(replaced.words, Words({"none"}));
  EXPECT_TRUE(kept.words.empty());
  std::move(done)({.body = "b"});
  EXPECT_EQ(kept.words, Words({"b"}));
}

struct Asked {
  Asked() {
    pages["/now"] = [](const Request& request, Completion done) {
      std::move(done)({.body = request.method + " " + request.target});
    };
    pages["/later"] = [this](const Request&, Completion done) { kept = std::move(done); };
    pages["/never"] = [](const Request&, Completion) {};
  }
  void Ask(const std::string& method, const std::string& target) {
    admin::Ask(pages, {method, target}, told.Make());
  }
  Told told;
  Pages pages;
  std::optional<Completion> kept;
};

TEST(Ask, HandsThePageItsRequest) {
  Asked asked;
  asked.Ask("GET", "/now");
  asked.Ask("HEAD", "/now?x=1");
  EXPECT_EQ(asked.told.words, Words({"GET /now", "HEAD /now?x=1"}));
}

TEST(Ask, LetsAPageAnswerLaterOrNever) {
  Asked asked;
  asked.Ask("GET", "/later");
  EXPECT_TRUE(asked.told.words.empty());
  asked.Ask("GET", "/never");
  asked.Ask("GET", "/now");
  EXPECT_EQ(asked.told.words, Words({"none", "GET /now"})) << "others go on";
  (*std::move(asked.kept))({.body = "at last"});
  EXPECT_EQ(asked.told.words, Words({"none", "GET /now", "at last"}));
}

TEST(Ask, RefusesTheRest) {
  Asked asked;
  asked.Ask("GET", "/nowhere");
  EXPECT_EQ(asked.told.last->status, 404);
  asked.Ask("GET", "/now/more");
  EXPECT_EQ(asked.told.last->status, 404);
  asked.Ask("POST", "/now");
  EXPECT_EQ(asked.told.last->status, 405);
  asked.Ask("POST", "/nowhere");
  EXPECT_EQ(asked.told.last->status, 404);
}

TEST(NodePages, AnswerAtOnce) {
  Told told;
  Readiness readiness = {.ready = true, .detail = "{}"};
  std::string sickness;
  const Pages pages = NodePages({.metrics = [] { return std::string("up 1\n"); },
                                 .readiness = [&] { return readiness; },
                                 .sickness = [&] { return sickness; }});
  auto get = [&](const std::string& target) {
    Ask(pages, {"GET", target}, told.Make());
    return std::to_string(told.last->status) + " " + told.last->body;
  };
  EXPECT_EQ(get("/metrics"), "200 up 1\n");
  EXPECT_EQ(told.last->type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/readyz"), "200 {}");
  EXPECT_EQ(told.last->type, "application/json");
  EXPECT_EQ(get("/healthz"), "200 ok\n");
  readiness.ready = false;
  sickness = "shard-1 is stuck";
  EXPECT_EQ(get("/readyz"), "503 {}");
  EXPECT_EQ(get("/healthz"), "503 shard-1 is stuck\n");
}

TEST(Door, OutlivesWhereItLeads) {
  int ran = 0;
  std::optional<fakes::ManualExecutor> executor(std::in_place);
  Door door(*executor);
  door.Post([&](Now) { ++ran; });
  EXPECT_EQ(executor->RunAll(Now()), 1u);
  EXPECT_EQ(ran, 1);
  door.Close();
  executor.reset();
  door.Post([&](Now) { ++ran; });
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace sluice::admin
