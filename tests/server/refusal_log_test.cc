// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include "gateway/edge/refusal.h"

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct RefusalLogTest : testing::Test {
  std::ostringstream out;
  runtime::Log log{{}, std::make_shared<spdlog::sinks::ostream_sink_mt>(out)};
  RefusalLog refusals{log, {.lines = 2, .interval = absl::Hours(1)}};

  void Refuse(std::string_view reason, std::string what) {
    refusals.Refused(
        {reason, "192.0.2.1:5", "/chat?token=secret", std::move(what), "--some-option", "4bf9"});
  }
  std::string Text() {
    std::string text = out.str();
    out.str("");
    return text;
  }
};

TEST_F(RefusalLogTest, SaysWhoWhatAndWhatWouldHelp) {
  Refuse("origin", "http://localhost:5173");
  std::string text = Text();
  EXPECT_THAT(text,
              HasSubstr(" info client refused reason=origin what=http://localhost:5173 "
                        "path=/chat client=192.0.2.1:5 count=1 trace=4bf9 hint=--some-option"));
  EXPECT_THAT(text, Not(HasSubstr("secret"))) << "queries stay out of it";
}

TEST_F(RefusalLogTest, BoundsTheLinesOfEachKind) {
  for (int i = 0; i < 1000; ++i) Refuse("origin", "http://a.example");
  Refuse("version", "8");
  std::string text = Text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_THAT(text, HasSubstr("reason=version"));
}

TEST_F(RefusalLogTest, BoundsWhatStrangersSay) {
  Refuse("origin", std::string(8000, 'x') + "\n");
  EXPECT_LT(Text().size(), 400u);
}

TEST_F(RefusalLogTest, TellsOfTokens) {
  refusals.TokenRefused("ipv6:%5B::1%5D:4711", "not listed");
  EXPECT_THAT(Text(), HasSubstr("backend refused reason=token what=\"not listed\" "
                                "caller=[::1]:4711 count=1 hint=\"--control-token-file"));
  hub::ConnectionEvent event;
  event.type = hub::ConnectionEvent::Type::kBadToken;
  event.space = "chat";
  event.connection = "c1";
  event.more = std::make_shared<const hub::ConnectionEvent::More>(
      hub::ConnectionEvent::More{.reason = "AuthTokenExpiredError"});
  refusals.BadToken(event);
  EXPECT_THAT(Text(), HasSubstr("client's token refused reason=token what=AuthTokenExpiredError "
                                "namespace=chat connection=c1 count=1 hint=\"--jwt-keys"));
}

TEST(AddressOfCaller, HasTheFormOfAllAddresses) {
  EXPECT_EQ(AddressOfCaller("ipv4:127.0.0.1:4711"), "127.0.0.1:4711");
  EXPECT_EQ(AddressOfCaller("ipv6:%5B2001:db8::1%5D:4711"), "[2001:db8::1]:4711");
  EXPECT_EQ(AddressOfCaller("ipv6:[::1]:4711"), "[::1]:4711");
  EXPECT_EQ(AddressOfCaller("ipv6:%5B::ffff:127.0.0.1%5D:1"), "127.0.0.1:1");
  EXPECT_EQ(AddressOfCaller("unix:/run/x"), "unix:/run/x");
}

TEST(Seldom, SaysHowManyALineStandsFor) {
  Seldom seldom({.lines = 2, .interval = absl::Seconds(10)});
  Instant now(absl::Seconds(1));
  EXPECT_EQ(seldom.Take(1, now), 1u);
  EXPECT_EQ(seldom.Take(3, now), 3u);
  EXPECT_EQ(seldom.Take(1, now), 0u);
  EXPECT_EQ(seldom.Take(4, now + absl::Seconds(9)), 0u);
  EXPECT_EQ(seldom.Take(1, now + absl::Seconds(10)), 6u);
}

TEST(HintOf, NamesAnOptionOrIsEmpty) {
  for (int i = 0; i < edge::kRefusalCount; ++i) {
    std::string_view hint = edge::HintOf(static_cast<edge::Refusal>(i));
    EXPECT_TRUE(hint.empty() || hint.starts_with("--")) << hint;
  }
}

}  // namespace
}  // namespace sluice::server
