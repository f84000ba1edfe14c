// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace sluice::runtime {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(10);

// Looks at the numbers that a writer shows.
struct Numbers : metrics::Visitor {
  explicit Numbers(const LogWriter& writer) { writer.Visit(*this); }
  void Count(std::string_view, std::string_view, const metrics::Labels& labels,
             uint64_t value) override {
    (labels[0].second == "full" ? full : failed) += value;
  }
  void Level(std::string_view, std::string_view, const metrics::Labels&, double value) override {
    bytes = value;
  }
  void Distribution(std::string_view, std::string_view, const metrics::Labels&,
                    const metrics::Histogram&) override {}
  uint64_t full = 0;
  uint64_t failed = 0;
  double bytes = 0;
};

std::string Notice(uint64_t dropped) { return absl::StrCat("dropped ", dropped, "\n"); }

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
  }
  ~LogWriterTest() override {
    CloseReader();
    close(ends_[1]);
  }

  // So that nothing more goes in; the bytes are zeros.
  void Fill() {
    fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string zeros(4096, '\0');
    while (write(ends_[1], zeros.data(), zeros.size()) > 0) {
    }
    fcntl(ends_[1], F_SETFL, 0);
  }
  // What comes out of the pipe until it ends with `end`, without the zeros.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    while (!absl::EndsWith(text, end)) {
      char bytes[4096];
      const ssize_t count = read(ends_[0], bytes, sizeof(bytes));
      if (count <= 0) break;
      for (char c : std::string_view(bytes, static_cast<size_t>(count))) {
        if (c != '\0') text += c;
      }
    }
    return text;
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  std::unique_ptr<LogWriter> Make(size_t bytes_max) {
    return std::make_unique<LogWriter>(ends_[1], bytes_max, Notice);
  }

  std::array<int, 2> ends_{};
};

TEST_F(LogWriterTest, WritesLinesInOrder) {
  auto writer = Make(1000);
  writer->Put("one\n");
  writer->Put("two\n");
  EXPECT_TRUE(writer->Flush(kPatience));
  EXPECT_EQ(ReadUntil("two\n"), "one\ntwo\n");
  EXPECT_EQ(Numbers(*writer).bytes, 0);
}

TEST_F(LogWriterTest, NobodyWaitsForAFullPipe) {
  Fill();
  auto writer = Make(1000);
  for (int i = 0; i < 10000; ++i) writer->Put("0123456\n");
  const Numbers numbers(*writer);
  EXPECT_EQ(numbers.bytes, 1000);
  EXPECT_EQ(numbers.full, 10000u - 125u);
  EXPECT_FALSE(writer->Flush(absl::Milliseconds(5)));
  // Its thread must not outlive the pipe, whose number the next test gets. In how many notices it
  // tells what was dropped depends on when it wakes.
  CloseReader();
}

TEST_F(LogWriterTest, TellsWhatIsMissingWhereItIsMissing) {
  Fill();
  auto writer = Make(16);
  for (int i = 0; i < 7; ++i) writer->Put("0123456\n");
  EXPECT_EQ(ReadUntil("dropped 5\n"), "0123456\n0123456\ndropped 5\n");
  EXPECT_TRUE(writer->Flush(kPatience));
  writer->Put("more\n");
  EXPECT_EQ(ReadUntil("more\n"), "more\n") << "once is enough";
}

TEST_F(LogWriterTest, ALineThatNeverFitsIsDropped) {
  auto writer = Make(16);
  writer->Put(std::string(100, 'x') + "\n");
  EXPECT_EQ(ReadUntil("\n"), "dropped 1\n");
}

TEST_F(LogWriterTest, ADescriptorThatFailsLosesLinesAndCountsThem) {
  CloseReader();
  auto writer = Make(1000);
  for (uint64_t i = 1; i <= 3; ++i) {
    writer->Put("gone\n");
    EXPECT_TRUE(writer->Flush(kPatience));
  }
  const absl::Time end = absl::Now() + kPatience;
  while (Numbers(*writer).failed < 3 && absl::Now() < end) std::this_thread::yield();
  EXPECT_EQ(Numbers(*writer).failed, 3u);
  EXPECT_EQ(Numbers(*writer).full, 0u);
}

TEST_F(LogWriterTest, ADescriptorThatIsNonBlockingIsWaitedFor) {
  Fill();
  fcntl(ends_[1], F_SETFL, O_NONBLOCK);
  auto writer = Make(1000);
  writer->Put("late\n");
  EXPECT_EQ(ReadUntil("late\n"), "late\n");
}

TEST_F(LogWriterTest, TheEndWaitsForWhatIsQueuedAndNotForEver) {
  {
    auto writer = Make(1000);
    writer->Put("last\n");
  }
  EXPECT_EQ(ReadUntil("last\n"), "last\n");
  Fill();
  const absl::Time begin = absl::Now();
  {
    auto writer = Make(1000);
    writer->Put("never\n");
  }
  const absl::Duration took = absl::Now() - begin;
  EXPECT_GE(took, LogWriter::kPatience);
  EXPECT_LT(took, LogWriter::kPatience + kPatience);
  EXPECT_EQ(ReadUntil("never\n"), "never\n") << "its thread was left behind, and goes on";
}

TEST_F(LogWriterTest, LinesOfManyThreadsStayWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  auto writer = Make(1 << 20);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&writer, i] {
      for (int line = 0; line < kLines; ++line) writer->Put(absl::StrCat(i, " ", line, "\n"));
    });
  }
  std::vector<int> next(kThreads, 0);
  std::string text;
  for (int left = kThreads * kLines; left > 0;) {
    text += ReadUntil("\n");
    const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
    text.clear();
    for (const std::string& line : lines) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      ASSERT_EQ(words.size(), 2u) << line;
      EXPECT_EQ(std::stoi(words[1]), next[std::stoi(words[0])]++);
      --left;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(next, ElementsAre(kLines, kLines, kLines, kLines));
}

}  // namespace
}  // namespace sluice::runtime
