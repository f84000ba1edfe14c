// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace sluice::runtime {
namespace {

using ::testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  Log Make(const LogOptions& options) {
    return Log(options, std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
  }
  std::ostringstream out_;
};

TEST_F(LogTest, TextHasTimeLevelEventAndFields) {
  Make({}).Info("listening", {{"address", "127.0.0.1:80"}, {"note", "two words"}, {"empty", ""}});
  EXPECT_THAT(out_.str(), MatchesRegex("20[0-9-]+T[0-9:.]+Z info listening address=127.0.0.1:80 "
                                       "note=\"two words\" empty=\"\"\n"));
}

TEST_F(LogTest, JsonIsOneObjectALine) {
  Make({.format = LogFormat::kJson}).Warn("odd {} \"thing\"", {{"value", "a\nb\\\x01"}});
  auto line = nlohmann::json::parse(out_.str());
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["event"], "odd {} \"thing\"");
  EXPECT_EQ(line["value"], "a\nb\\\x01");
  EXPECT_EQ(line["time"].get<std::string>().size(), 24u);
}

TEST_F(LogTest, AFieldCannotForgeALine) {
  Make({}).Info("refused", {{"reason", "x\n2026-01-01T00:00:00.000Z info forged"}});
  std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, WhatIsNoUtf8IsReplaced) {
  Make({.format = LogFormat::kJson}).Info("refused", {{"agent", "Caf\xe9 \xff\""}});
  EXPECT_EQ(nlohmann::json::parse(out_.str())["agent"], "Caf\xef\xbf\xbd \xef\xbf\xbd\"");
}

TEST_F(LogTest, LesserLinesAreLeftOut) {
  Log log = Make({.level = spdlog::level::warn});
  EXPECT_FALSE(log.debugs());
  log.Debug("no");
  log.Info("no");
  log.Error("yes");
  EXPECT_THAT(out_.str(), MatchesRegex("[^\n]* error yes\n"));
}

}  // namespace
}  // namespace sluice::runtime
