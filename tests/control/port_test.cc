// SPDX-License-Identifier: Apache-2.0
#include "control/port.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "control/listeners.h"

namespace sluice::control {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(10);

uint16_t PortOf(const std::string& address) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) << address;
  return static_cast<uint16_t>(port);
}

sockaddr_in Loopback(const std::string& address) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(PortOf(address));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

// The listening socket of this process at that address.
int ListenerAt(const std::string& address) {
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in at{};
    socklen_t size = sizeof(at);
    int listens = 0;
    socklen_t flag = sizeof(listens);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag) != 0 || listens == 0) continue;
    getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    if (ntohs(at.sin_port) == PortOf(address)) return fd;
  }
  return -1;
}

// Somebody else's socket that listens at that address.
int Occupy(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in at = Loopback(address);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0 && listen(fd, 1) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

// A client's socket on IPv4's loopback; less than 0: refused.
int Connect(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const sockaddr_in to = Loopback(address);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
  close(fd);
  return -1;
}

// Whether the other side closes it, rather than that nothing comes for ten seconds.
bool IsCut(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, 0) == 0;
}

struct World {
  explicit World(PortGuests::Limits limits = {}, const std::string& listen = "127.0.0.1:0")
      : port(listen, limits, probe) {
    absl::Status status = port.Listen();
    EXPECT_TRUE(status.ok()) << status;
    port.Start([this](int fd) {
      absl::MutexLock lock(&mutex);
      adopted.push_back(fd);
      changed.SignalAll();
    });
  }
  ~World() {
    port.Stop();
    for (int fd : adopted) close(fd);
  }
  // Until so many were handed over.
  bool WaitFor(size_t count) {
    absl::MutexLock lock(&mutex);
    const absl::Time end = absl::Now() + kPatience;
    while (adopted.size() < count) {
      if (changed.WaitWithTimeout(&mutex, end - absl::Now())) return adopted.size() >= count;
    }
    return true;
  }

  std::vector<int> Adopted() {
    absl::MutexLock lock(&mutex);
    return adopted;
  }

  PortProbe probe;
  absl::Mutex mutex;
  absl::CondVar changed;
  std::vector<int> adopted;
  Port port;
};

TEST(Port, HandsOverWhoeverSpeaks) {
  World world;
  const int silent = Connect(world.port.address());
  const int speaks = Connect(world.port.address());
  ASSERT_EQ(write(speaks, "PRI", 3), 3);
  ASSERT_TRUE(world.WaitFor(1));
  char bytes[4] = {};
  EXPECT_EQ(recv(world.Adopted()[0], bytes, sizeof(bytes), MSG_DONTWAIT), 3) << "nothing was taken";
  EXPECT_THAT(world.Adopted(), SizeIs(1));
  close(silent);
  close(speaks);
}

TEST(Port, CutsWhoeverIsSilent) {
  World world({.handshake_timeout = absl::Milliseconds(50)});
  const int silent = Connect(world.port.address());
  EXPECT_TRUE(IsCut(silent));
  EXPECT_EQ(world.probe.silent.value(), 1u);
  close(silent);
}

TEST(Port, StopRefuses) {
  World world;
  const std::string address = world.port.address();
  world.port.Stop();
  EXPECT_LT(Connect(address), 0);
}

// gRPC's own listener ends here for good.
TEST(Port, GoesOnAfterDescriptorsHadRunOut) {
  World world;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const sockaddr_in to = Loopback(world.port.address());
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  ASSERT_EQ(write(client, "PRI", 3), 3);
  const absl::Time end = absl::Now() + kPatience;
  while (world.port.accepting() && absl::Now() < end) std::this_thread::yield();
  EXPECT_FALSE(world.port.accepting());
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(world.WaitFor(1));
  while (!world.port.accepting() && absl::Now() < end) std::this_thread::yield();
  EXPECT_TRUE(world.port.accepting());
  EXPECT_GT(world.probe.accept_errors.value(), 0u);
  close(client);
}

// What closes a listener for good is not seen by trying again: it is opened anew, at its address.
TEST(Port, OpensItsListenerAgain) {
  World world;
  const std::string address = world.port.address();
  // While somebody else is there, it says that it accepts nobody.
  int other = -1;
  for (int i = 0; i < 100 && other < 0; ++i) {
    ASSERT_EQ(shutdown(ListenerAt(address), SHUT_RDWR), 0);
    other = Occupy(address);
  }
  ASSERT_GE(other, 0);
  const absl::Time end = absl::Now() + kPatience;
  const uint64_t tries = 3;
  while (world.probe.accept_errors.value() < tries && absl::Now() < end) std::this_thread::yield();
  EXPECT_GE(world.probe.accept_errors.value(), tries);
  EXPECT_FALSE(world.port.accepting());
  close(other);
  while (!world.port.accepting() && absl::Now() < end) std::this_thread::yield();
  EXPECT_TRUE(world.port.accepting());
  const int client = Connect(address);
  ASSERT_EQ(write(client, "PRI", 3), 3);
  EXPECT_TRUE(world.WaitFor(1));
  close(client);
}

TEST(Listeners, ANameMayStandForSeveralAddresses) {
  auto listeners = Listeners::Open("localhost:0");
  ASSERT_TRUE(listeners.ok()) << listeners.status();
  EXPECT_TRUE(absl::StartsWith(listeners->address(), "localhost:")) << listeners->address();
  const int client = Connect(listeners->address());
  EXPECT_GE(client, 0);
  close(client);
}

TEST(Listeners, AWildcardIsAllAddresses) {
  for (const char* wildcard : {"0.0.0.0:0", "[::]:0"}) {
    auto listeners = Listeners::Open(wildcard);
    ASSERT_TRUE(listeners.ok()) << listeners.status();
    const int client = Connect(listeners->address());
    EXPECT_GE(client, 0) << wildcard;
    close(client);
  }
}

TEST(Listeners, SaysWhyItCannot) {
  auto first = Listeners::Open("127.0.0.1:0");
  ASSERT_TRUE(first.ok());
  auto second = Listeners::Open(first->address());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("control: cannot listen on " + first->address() + ": "));
  EXPECT_FALSE(Listeners::Open("no.such.host.invalid:1").ok());
}

}  // namespace
}  // namespace sluice::control
