// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/callers.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

constexpr size_t kParamsBytes = 100;
constexpr int kPatienceMilliseconds = 10'000;

}  // namespace

Callers::Callers(const std::string& address, const std::string& target, size_t count)
    : callers_(count), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  std::string params = R"([")" + std::string(kParamsBytes - 4, 'x') + R"("])";
  request_ = ClientFrame(R"({"jsonrpc":"2.0","method":"echo","params":)" + params + R"(,"id":1})");
  for (Caller& caller : callers_) {
    caller.socket = Connect(address);
    int fd = caller.socket.get();
    WriteAll(fd, UpgradeRequest(target));
    ReadHead(fd, "HTTP/1.1 101");
    WriteAll(fd, request_);
    std::string answer = ReadFrame(fd);
    if (answer.find(params) == std::string::npos) Fail("a call failed: " + answer);
    answer_bytes_ = ServerFrame(answer).size();
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = &caller;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) FailErrno("epoll_ctl");
  }
}

// True if an answer is complete.
bool Callers::Read(Caller& caller) {
  std::array<char, 4096> buffer;
  ssize_t got = recv(caller.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) FailErrno("the server ended a caller's connection");
  caller.bytes += static_cast<size_t>(got);
  if (caller.bytes > answer_bytes_) Fail("an answer too many, or a longer one");
  if (caller.bytes < answer_bytes_) return false;
  caller.bytes = 0;
  return true;
}

uint64_t Callers::Turn(bool more) {
  std::array<epoll_event, 256> events;
  int ready = epoll_wait(epoll_.get(), events.data(), events.size(), kPatienceMilliseconds);
  if (ready <= 0) Fail("calls are not answered");
  uint64_t answered = 0;
  for (int i = 0; i < ready; ++i) {
    auto& caller = *static_cast<Caller*>(events[i].data.ptr);
    if (!Read(caller)) continue;
    ++answered;
    if (more) WriteAll(caller.socket.get(), request_);
  }
  return answered;
}

uint64_t Callers::Call(double seconds) {
  uint64_t begun = callers_.size();
  uint64_t answered = 0;
  for (Caller& caller : callers_) WriteAll(caller.socket.get(), request_);
  double end = WallSeconds() + seconds;
  while (WallSeconds() < end) {
    uint64_t now = Turn(true);
    answered += now;
    begun += now;
  }
  while (answered < begun) answered += Turn(false);
  return answered;
}

}  // namespace sluice::bench
