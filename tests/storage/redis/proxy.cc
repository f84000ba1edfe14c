// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/redis/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::storage::redis {
namespace {

constexpr int kLookMs = 5;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool Pass(int to, std::string_view bytes) {
  return send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// Empty: it has closed.
std::string Read(int from) {
  std::array<char, 4096> bytes;
  ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
  return size > 0 ? std::string(bytes.data(), size) : "";
}

}  // namespace

Proxy::Proxy(int target) : target_(target), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener_, 64);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

Proxy::~Proxy() {
  stop_ = true;
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.server);
  }
  close(listener_);
}

void Proxy::Run() {
  while (!stop_) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      polled.push_back({pair.client, POLLIN, 0});
      polled.push_back({pair.server, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), kLookMs);
    if (deafen_.exchange(false)) {
      for (Pair& pair : pairs_) pair.deaf = pair.subscribes;
    }
    size_t at = 1;
    for (auto it = pairs_.begin(); it != pairs_.end(); at += 2) {
      bool open = polled[at].revents == 0 || FromClient(*it);
      open = open && (polled[at + 1].revents == 0 || FromServer(*it));
      if (open && !hold_ && !it->held.empty()) open = Pass(it->server, std::exchange(it->held, {}));
      if (!open) {
        close(it->client);
        close(it->server);
      }
      it = open ? std::next(it) : pairs_.erase(it);
    }
    if (polled[0].revents != 0) Accept();
  }
}

void Proxy::Accept() {
  Pair pair{.client = accept(listener_, nullptr, nullptr),
            .server = socket(AF_INET, SOCK_STREAM, 0),
            .held = {}};
  sockaddr_in address = Loopback(target_);
  connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address);
  pairs_.push_back(std::move(pair));
}

bool Proxy::FromClient(Pair& pair) const {
  std::string bytes = Read(pair.client);
  if (bytes.empty()) return false;
  if (bytes.find("SUBSCRIBE") != std::string::npos) pair.subscribes = true;
  if (!hold_ && pair.held.empty()) return Pass(pair.server, bytes);
  pair.held += bytes;
  return true;
}

bool Proxy::FromServer(const Pair& pair) {
  std::string bytes = Read(pair.server);
  return !bytes.empty() && (pair.deaf || Pass(pair.client, bytes));
}

}  // namespace sluice::storage::redis
