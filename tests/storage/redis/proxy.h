// SPDX-License-Identifier: Apache-2.0
//
// A network between a client and a server that can fail without a word: connections stay open, and
// what should come does not.
#pragma once

#include <atomic>
#include <list>
#include <string>
#include <thread>

#include "storage/redis/url.h"

namespace sluice::storage::redis {

class Proxy {
 public:
  // To this port of loopback.
  explicit Proxy(int target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  Address address() const { return {"127.0.0.1", static_cast<uint16_t>(port_)}; }

  // Those that subscribe now hear nothing any more; later ones do.
  void DeafenSubscribers() { deafen_ = true; }
  // While it is so, what new connections say is kept back.
  void Hold(bool hold) { hold_ = hold; }

 private:
  struct Pair {
    int client;
    int server;
    bool subscribes = false;
    bool deaf = false;
    std::string held;  // from the client
  };

  void Run();
  void Accept();
  // False: one end has closed.
  bool FromClient(Pair& pair) const;
  static bool FromServer(const Pair& pair);

  const int target_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> deafen_ = false;
  std::atomic<bool> hold_ = false;
  std::atomic<bool> stop_ = false;
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace sluice::storage::redis
