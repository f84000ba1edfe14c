// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::server {
namespace {

// Takes the variable away.
std::string Take(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  unsetenv(name);
  return text;
}

// A line of its own ends where another would begin: what the manager is told of, a file's name for
// example, may hold anything.
std::string StatusLine(const std::string& status) {
  return absl::StrCat("STATUS=", absl::StrReplaceAll(status, {{"\n", " "}}), "\n");
}

int64_t MonotonicMicroseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

// A path, or '@' and a name without a place in the file system.
std::optional<std::pair<sockaddr_un, socklen_t>> AddressOf(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || (socket[0] != '/' && socket[0] != '@')) return {};
  if (socket.size() >= sizeof(address.sun_path)) return {};
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket[0] == '@') address.sun_path[0] = '\0';
  const size_t zero = socket[0] == '@' ? 0 : 1;
  return std::pair{address,
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() + zero)};
}

}  // namespace

Notifier::Options Notifier::TakeFromEnvironment() {
  Options options;
  options.socket = Take("NOTIFY_SOCKET");
  const std::string interval = Take("WATCHDOG_USEC");
  const std::string whose = Take("WATCHDOG_PID");
  int64_t microseconds = 0;
  const bool ours = whose.empty() || whose == std::to_string(getpid());
  if (ours && absl::SimpleAtoi(interval, &microseconds) && microseconds > 0) {
    options.watchdog = absl::Microseconds(microseconds);
  }
  return options;
}

Notifier::Notifier(const Options& options) : options_(options) {
  if (!AddressOf(options.socket)) return;
  descriptor_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

Notifier::~Notifier() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Notifier::Ready(const std::string& status) {
  Say(absl::StrCat("READY=1\n", StatusLine(status)));
}

void Notifier::Reloading() {
  Say(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", MonotonicMicroseconds(),
                   "\nSTATUS=reading files again\n"));
}

void Notifier::Reloaded(const std::string& status) { Ready(status); }

void Notifier::Stopping(absl::Duration longest, const std::string& status) {
  Say(absl::StrCat("STOPPING=1\nEXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(longest), "\n",
                   StatusLine(status)));
}

void Notifier::SetStatus(const std::string& status) { Say(StatusLine(status)); }

void Notifier::Tick() {
  while (!unsent_.empty() && Send(unsent_.front()) != Sent::kLater) unsent_.pop_front();
}

void Notifier::Alive(Instant now) {
  if (options_.watchdog == absl::ZeroDuration() || now < next_alive_) return;
  // What is lost is said again well in time.
  next_alive_ = now + options_.watchdog / 4;
  Send("WATCHDOG=1\n");
}

void Notifier::Say(std::string message) {
  if (descriptor_ < 0) return;
  Tick();
  if (unsent_.empty() && Send(message) != Sent::kLater) return;
  // What is newest holds: that it serves again, not that it was about to read files.
  if (unsent_.size() == kUnsentMax) unsent_.pop_front();
  unsent_.push_back(std::move(message));
}

Notifier::Sent Notifier::Send(const std::string& message) const {
  if (descriptor_ < 0) return Sent::kNever;
  const auto to = AddressOf(options_.socket);
  const auto* address = reinterpret_cast<const sockaddr*>(&to->first);
  for (;;) {
    const ssize_t sent = sendto(descriptor_, message.data(), message.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL, address, to->second);
    if (sent >= 0) return Sent::kYes;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == ENOBUFS ? Sent::kLater : Sent::kNever;
  }
}

}  // namespace sluice::server
