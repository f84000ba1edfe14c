// SPDX-License-Identifier: Apache-2.0
//
// What a service manager hears, by a socket of the test's own.
#include "gateway/server/notifier.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>

namespace sluice::server {
namespace {

class NotifierTest : public testing::Test {
 protected:
  NotifierTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    EXPECT_EQ(bind(manager_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0) << path_;
  }
  ~NotifierTest() override {
    close(manager_);
    unlink(path_.c_str());
  }

  std::optional<std::string> Heard() const {
    std::string message(4096, '\0');
    const ssize_t size = recv(manager_, message.data(), message.size(), MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    message.resize(static_cast<size_t>(size));
    return message;
  }

  // Short: a socket's path has 107 bytes.
  const std::string path_ = "/tmp/sluice-notify-" + std::to_string(getpid());
  const int manager_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(NotifierTest, SaysThatItServes) {
  Notifier notifier({.socket = path_});
  notifier.Ready("serving on 127.0.0.1:8080");
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=serving on 127.0.0.1:8080\n");
  EXPECT_EQ(Heard(), std::nullopt);
}

TEST_F(NotifierTest, WhatStandsInAStatusIsNoLineOfItsOwn) {
  Notifier notifier({.socket = path_});
  notifier.Reloaded("not reloaded: odd\nMAINPID=1\n: no such file");
  EXPECT_EQ(Heard(), "READY=1\nSTATUS=not reloaded: odd MAINPID=1 : no such file\n");
  notifier.SetStatus("a\nREADY=1");
  EXPECT_EQ(Heard(), "STATUS=a READY=1\n");
  notifier.Stopping(absl::Seconds(2), "a\nb");
  EXPECT_EQ(Heard(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000\nSTATUS=a b\n");
}

TEST_F(NotifierTest, FeedsTheWatchdogFourTimesInItsInterval) {
  Notifier notifier({.socket = path_, .watchdog = absl::Seconds(4)});
  int fed = 0;
  for (int tenth = 0; tenth < 100; ++tenth) {
    notifier.Alive(Instant(absl::Milliseconds(100) * tenth));
    if (Heard() == "WATCHDOG=1\n") ++fed;
  }
  EXPECT_EQ(fed, 10);
}

TEST_F(NotifierTest, WithoutAWatchdogNobodyIsFed) {
  Notifier notifier({.socket = path_});
  notifier.Alive(Instant(absl::Seconds(100)));
  EXPECT_EQ(Heard(), std::nullopt);
}

TEST_F(NotifierTest, AManagerThatDoesNotReadHoldsUpNobodyAndHearsTheNewest) {
  Notifier notifier({.socket = path_});
  for (int i = 0; i < 5000; ++i) notifier.SetStatus(std::to_string(i));
  std::string last;
  for (int i = 0; i < 5000; ++i) {
    notifier.Tick();
    if (auto heard = Heard()) last = *heard;
  }
  EXPECT_EQ(last, "STATUS=4999\n");
}

TEST(NotifierAlone, NobodyListens) {
  Notifier notifier({});
  notifier.Ready("x");
  Notifier odd({.socket = "no path"});
  odd.Ready("x");
}

}  // namespace
}  // namespace sluice::server
