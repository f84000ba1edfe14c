// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/swarm.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

constexpr size_t kHandshakesAtOnce = 100;
constexpr int kWaitMilliseconds = 50;
constexpr size_t kReadBytes = 1 << 20;
constexpr useconds_t kPollMicroseconds = 1000;

}  // namespace

Swarm::Swarm(const std::string& address, const std::string& target, size_t count)
    : clients_(count), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  std::string request = UpgradeRequest(target);
  for (size_t begin = 0; begin < count; begin += kHandshakesAtOnce) {
    size_t end = std::min(count, begin + kHandshakesAtOnce);
    for (size_t i = begin; i < end; ++i) {
      clients_[i].socket = Connect(address);
      WriteAll(clients_[i].socket.get(), request);
    }
    for (size_t i = begin; i < end; ++i) {
      int fd = clients_[i].socket.get();
      ReadHead(fd, "HTTP/1.1 101");
      SetNonBlocking(fd);
      epoll_event event = {};
      event.events = EPOLLIN;
      event.data.ptr = &clients_[i];
      if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) FailErrno("epoll_ctl");
    }
  }
  thread_ = std::thread([this] { Drain(); });
}

Swarm::~Swarm() {
  running_ = false;
  thread_.join();
}

void Swarm::Drain() {
  std::array<epoll_event, 1024> events;
  while (running_) {
    int count = epoll_wait(epoll_.get(), events.data(), events.size(), kWaitMilliseconds);
    for (int i = 0; i < count; ++i) Read(*static_cast<Client*>(events[i].data.ptr));
    int pause = pause_.load(std::memory_order_relaxed);
    if (pause > 0) usleep(static_cast<useconds_t>(pause));
  }
}

// With MSG_TRUNC, TCP throws the bytes away instead of copying them (tcp(7)).
void Swarm::Read(Client& client) {
  ssize_t got = recv(client.socket.get(), nullptr, kReadBytes, MSG_TRUNC | MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) FailErrno("the server ended a client's connection");
  client.bytes.fetch_add(static_cast<uint64_t>(got), std::memory_order_relaxed);
  total_.fetch_add(static_cast<uint64_t>(got), std::memory_order_relaxed);
}

bool Swarm::AwaitEach(uint64_t bytes, double timeout_seconds) const {
  auto has = [bytes](const Client& client) { return client.bytes == bytes; };
  for (double start = WallSeconds(); WallSeconds() - start < timeout_seconds;) {
    if (total() >= bytes * size()) return std::all_of(clients_.begin(), clients_.end(), has);
    usleep(kPollMicroseconds);
  }
  return false;
}

}  // namespace sluice::bench
