// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/yardstick.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"
#include "tests/bench/pace.h"

namespace sluice::bench {
namespace {

struct Order {
  double rate;
  double seconds;
  uint32_t frames;
};

Descriptor Listen(std::string& address) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in local = {};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof local;
  auto* any = reinterpret_cast<sockaddr*>(&local);
  if (bind(socket.get(), any, size) != 0 || listen(socket.get(), 1024) != 0 ||
      getsockname(socket.get(), any, &size) != 0) {
    FailErrno("listen");
  }
  address = "127.0.0.1:" + std::to_string(ntohs(local.sin_port));
  return socket;
}

// The child.
class Server {
 public:
  Server(Descriptor listener, Descriptor orders, size_t frame_bytes)
      : listener_(std::move(listener)), orders_(std::move(orders)), frame_(frame_bytes, 'x') {}

  [[noreturn]] void Run() {
    for (;;) {
      std::array<pollfd, 2> ready = {{{listener_.get(), POLLIN, 0}, {orders_.get(), POLLIN, 0}}};
      if (poll(ready.data(), ready.size(), -1) < 0) FailErrno("poll");
      if (ready[0].revents) Accept();
      if (ready[1].revents) Obey();
    }
  }

 private:
  void Accept() {
    Descriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) FailErrno("accept");
    SetNoDelay(client.get());
    ReadHead(client.get(), "GET ");
    WriteAll(client.get(), "HTTP/1.1 101 Switching Protocols\r\n\r\n");
    clients_.push_back(std::move(client));
  }

  void Obey() {
    Order order = {};
    if (read(orders_.get(), &order, sizeof order) != sizeof order) std::_Exit(0);
    uint64_t rounds = Broadcast(order);
    if (write(orders_.get(), &rounds, sizeof rounds) != sizeof rounds) std::_Exit(0);
  }

  uint64_t Broadcast(const Order& order) {
    std::string bytes;
    for (uint32_t i = 0; i < order.frames; ++i) bytes += frame_;
    Pace pace(order.rate, order.seconds);
    while (pace.Next()) {
      for (const Descriptor& client : clients_) WriteAll(client.get(), bytes);
    }
    return pace.count();
  }

  Descriptor listener_;
  Descriptor orders_;
  std::string frame_;
  std::vector<Descriptor> clients_;
};

}  // namespace

Yardstick::Yardstick(size_t frame_bytes) {
  Descriptor listener = Listen(address_);
  std::array<int, 2> pair;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) FailErrno("socketpair");
  orders_ = Descriptor(pair[0]);
  Descriptor childs(pair[1]);
  pid_ = fork();
  if (pid_ < 0) FailErrno("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  orders_ = Descriptor();
  Server(std::move(listener), std::move(childs), frame_bytes).Run();
}

Yardstick::~Yardstick() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

uint64_t Yardstick::Broadcast(double rate, uint32_t frames, double seconds) {
  Order order{rate, seconds, frames};
  uint64_t rounds = 0;
  if (write(orders_.get(), &order, sizeof order) != sizeof order ||
      read(orders_.get(), &rounds, sizeof rounds) != sizeof rounds) {
    Fail("the yardstick is gone");
  }
  return rounds;
}

}  // namespace sluice::bench
