// SPDX-License-Identifier: Apache-2.0
#include "metrics/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<double, 2> kBounds = {0.1, 1};

// What a room with two shards would show.
class Room final : public Source {
 public:
  void Visit(Visitor& visitor) const override {
    for (const Probe& shard : shards) {
      visitor.Count("messages_in_total", "Messages read.", {{"dialect", "json_rpc"}},
                    shard.messages.value());
      visitor.Level("connections", "Open connections.", {},
                    static_cast<double>(shard.connections.value()));
      visitor.Distribution("call_seconds", "Command to answer.", {}, shard.delay);
    }
  }

  struct Probe {
    Counter messages;
    Gauge connections;
    Histogram delay{kBounds};
  };
  std::array<Probe, 2> shards;
};

TEST(Exporter, AddsUpWhatHasTheSameNameAndLabels) {
  Room room;
  room.shards[0].messages.Add(2);
  room.shards[1].messages.Add(3);
  room.shards[0].connections.Set(7);
  room.shards[1].connections.Set(-2);
  std::string text = Exporter({&room}, "1.2.3").Render();
  EXPECT_THAT(text, HasSubstr("sluice_messages_in_total{dialect=\"json_rpc\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_messages_in_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# HELP sluice_messages_in_total Messages read.\n"));
  EXPECT_THAT(text, HasSubstr("sluice_connections 5\n"));
}

TEST(Exporter, KeepsWhatHasOtherLabelsApart) {
  class Labelled final : public Source {
   public:
    void Visit(Visitor& visitor) const override {
      visitor.Count("closed_total", "Closed.", {{"cause", "drain"}}, 1);
      visitor.Count("closed_total", "Closed.", {{"cause", "replaced"}}, 2);
    }
  } source;
  std::string text = Exporter({&source}, "1").Render();
  EXPECT_THAT(text, HasSubstr("sluice_closed_total{cause=\"drain\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sluice_closed_total{cause=\"replaced\"} 2\n"));
}

// One bad byte would cost the whole scrape.
TEST(Exporter, LabelsAreUtf8) {
  class Labelled final : public Source {
   public:
    void Visit(Visitor& visitor) const override {
      visitor.Count("closed_total", "Closed.", {{"cause", "Caf\xe9"}}, 1);
    }
  };
  Labelled room;
  EXPECT_THAT(Exporter({&room}, "").Render(), HasSubstr("{cause=\"Caf\xef\xbf\xbd\"} 1\n"));
}

TEST(Exporter, HistogramsAreCumulative) {
  Room room;
  room.shards[0].delay.Observe(0.05);
  room.shards[0].delay.Observe(0.1);  // bounds are inclusive
  room.shards[1].delay.Observe(0.5);
  room.shards[1].delay.Observe(50);
  std::string text = Exporter({&room}, "1").Render();
  EXPECT_THAT(text, HasSubstr("sluice_call_seconds_bucket{le=\"0.1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("sluice_call_seconds_bucket{le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("sluice_call_seconds_bucket{le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("sluice_call_seconds_count 4\n"));
  EXPECT_THAT(text, HasSubstr("sluice_call_seconds_sum 50.65"));
}

TEST(Exporter, CountersBeyondAMillionStayExact) {
  Room room;
  room.shards[0].messages.Add(123456789012);
  EXPECT_THAT(Exporter({&room}, "1").Render(),
              HasSubstr("sluice_messages_in_total{dialect=\"json_rpc\"} 123456789012\n"));
}

TEST(Exporter, TellsTheBuildAndTheProcess) {
  std::string text = Exporter({}, "1.2.3").Render();
  EXPECT_THAT(text, HasSubstr("sluice_build_info{version=\"1.2.3\"} 1\n"));
  for (const char* name :
       {"\nprocess_resident_memory_bytes ", "\nprocess_cpu_seconds_total ", "\nprocess_open_fds ",
        "\nprocess_start_time_seconds ", "\nprocess_max_fds ", "\nprocess_threads 1\n"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST(Exporter, PromtoolFindsNothingToSay) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  }
  Room room;
  std::FILE* promtool = popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  std::string text = Exporter({&room}, "1").Render();
  ASSERT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(pclose(promtool), 0);
}

}  // namespace
}  // namespace sluice::metrics
