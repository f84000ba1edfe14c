// SPDX-License-Identifier: Apache-2.0
//
// How a process ends, and what it says last. Each case is a child of its own.
#include "gateway/server/last_words.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>

namespace sluice::server {
namespace {

void Begin(const runtime::Log& log) {
  static std::unique_ptr<LastWords> last_words;
  last_words = std::make_unique<LastWords>(log, STDERR_FILENO);
  pthread_setname_np(pthread_self(), "tester");
}

void ThrowUncaught(runtime::LogFormat format) {
  const runtime::Log log({.format = format}, STDERR_FILENO);
  Begin(log);
  log.Info("before");
  std::thread([] { throw std::out_of_range("no \"such\"\nkey"); }).join();
}

TEST(LastWordsDeathTest, AnExceptionThatNobodyCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ThrowUncaught(runtime::LogFormat::kText), testing::KilledBySignal(SIGABRT),
              "info before\n.* error terminated cause=std::out_of_range "
              "says=\"no ..such.*key\" thread=tester\n");
  EXPECT_EXIT(
      ThrowUncaught(runtime::LogFormat::kJson), testing::KilledBySignal(SIGABRT),
      "\"level\":\"error\",\"event\":\"terminated\",\"cause\":\"std::out_of_range\",\"says\":"
      "\"no ..such.*key\",\"thread\":\"tester\"}\n");
}

void Fault(runtime::LogFormat format, int signal) {
  const runtime::Log log({.format = format}, STDERR_FILENO);
  Begin(log);
  kill(getpid(), signal);
  pause();
}

// One that sanitizers leave alone.
TEST(LastWordsDeathTest, ASignalThatMeansAFault) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Fault(runtime::LogFormat::kText, SIGSYS), testing::KilledBySignal(SIGSYS),
              "Z error terminated cause=SIGSYS says=\"\" thread=tester\n");
  EXPECT_EXIT(
      Fault(runtime::LogFormat::kJson, SIGABRT), testing::KilledBySignal(SIGABRT),
      "\"event\":\"terminated\",\"cause\":\"SIGABRT\",\"says\":\"\",\"thread\":\"tester\"}\n");
}

void AssertFails(runtime::LogFormat format) {
  const runtime::Log log({.format = format}, STDERR_FILENO);
  Begin(log);
  log.Info("before");
  assert(format == runtime::LogFormat::kJson && format == runtime::LogFormat::kText);
}

// Nothing stands between our lines.
TEST(LastWordsDeathTest, AnAssertThatFails) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      AssertFails(runtime::LogFormat::kText), testing::KilledBySignal(SIGABRT),
      "info before\n[^\n]* error terminated cause=assert says=\"format == [^\n]*last_words_test.cc:"
      "[^\n]*\" thread=tester\n");
  EXPECT_EXIT(AssertFails(runtime::LogFormat::kJson), testing::KilledBySignal(SIGABRT),
              "\"event\":\"before\"[^\n]*\n[^\n]*\"cause\":\"assert\",\"says\":\"[^\n]*kJson"
              "[^\n]*\",\"thread\":\"tester\"}\n");
}

// Nobody reads: neither the queue nor the last line may hold the end up.
void ThrowIntoAFullPipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) _exit(1);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], "x", 1) == 1) {
  }
  fcntl(ends[1], F_SETFL, 0);
  const runtime::Log log({}, ends[1]);
  const LastWords last_words(log, ends[1]);
  log.Info("before");
  alarm(10);
  std::thread([] { throw 7; }).join();
}

TEST(LastWordsDeathTest, AFullPipeDoesNotKeepItAlive) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ThrowIntoAFullPipe(), testing::KilledBySignal(SIGABRT), "");
}

TEST(LastWords, AreMuteOnceTheyAreGone) {
  testing::internal::CaptureStderr();
  {
    const runtime::Log log({}, STDERR_FILENO);
    const LastWords last_words(log, STDERR_FILENO);
  }
  LastWords::Say("cause", "says");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sluice::server
