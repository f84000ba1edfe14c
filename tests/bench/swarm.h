// SPDX-License-Identifier: Apache-2.0
//
// Many clients that listen: one thread with one epoll counts what each of them gets, and looks at
// none of it. Whole messages are known by their number of bytes, because all frames are equal.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/socket.h"

namespace sluice::bench {

class Swarm {
 public:
  // Connects and upgrades all of them.
  Swarm(const std::string& address, const std::string& target, size_t count);
  ~Swarm();

  size_t size() const { return clients_.size(); }

  // Bytes that all have got so far.
  uint64_t total() const { return total_.load(std::memory_order_relaxed); }

  // Waits until each has got exactly `bytes` so far; false if one got more, or time ran out.
  bool AwaitEach(uint64_t bytes, double timeout_seconds) const;

  // How long to let bytes gather between two looks; 0: each is read as soon as it is there.
  void set_pause(int microseconds) { pause_.store(microseconds, std::memory_order_relaxed); }

 private:
  struct Client {
    Descriptor socket;
    std::atomic<uint64_t> bytes{0};
  };
  void Drain();
  void Read(Client& client);

  std::vector<Client> clients_;
  Descriptor epoll_;
  std::atomic<uint64_t> total_{0};
  std::atomic<int> pause_{0};
  std::atomic<bool> running_{true};
  std::thread thread_;
};

}  // namespace sluice::bench
