// SPDX-License-Identifier: Apache-2.0
#include "control/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::control {
namespace {

// What accept() fails with (no descriptors, no memory) does not pass by trying again at once.
constexpr absl::Duration kPause = absl::Milliseconds(100);
// How often time limits are looked at, and who is gone, while there is anybody.
constexpr int kTickMs = 200;
constexpr int kAcceptsAtOnce = 64;

// What a listening socket says for good; everything else may pass (accept(2)).
bool IsBroken(int why) { return why == EBADF || why == EINVAL || why == ENOTSOCK; }

// Of the network or of one client; the next one may be fine.
bool IsTransient(int why) {
  return why == EINTR || why == ECONNABORTED || why == EPROTO || why == ENETDOWN ||
         why == EHOSTDOWN || why == EHOSTUNREACH || why == ENETUNREACH || why == EPERM;
}

// Of whom: an IPv4 address is the same by whichever socket it came.
std::string AddressOf(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = {};
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof(text));
    return text;
  }
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, &address, text, sizeof(text));
  }
  return text;
}

}  // namespace

Port::Port(std::string listen, const PortGuests::Limits& limits, PortProbe& probe)
    : listen_(std::move(listen)),
      descriptors_end_(limits.descriptors_end),
      guests_(limits, probe),
      probe_(probe) {}

Port::~Port() { Stop(); }

absl::Status Port::Listen() {
  auto listeners = Listeners::Open(listen_);
  if (!listeners.ok()) return listeners.status();
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return absl::UnavailableError("control: no descriptor is left");
  listeners_ = *std::move(listeners);
  address_ = listeners_.address();
  return absl::OkStatus();
}

void Port::Start(Adopt adopt) {
  adopt_ = std::move(adopt);
  thread_ = std::thread([this] { Run(); });
}

void Port::Stop() {
  stopping_ = true;
  if (wake_ >= 0) eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  listeners_.Close();
  if (wake_ >= 0) close(std::exchange(wake_, -1));
}

void Port::Run() {
  pthread_setname_np(pthread_self(), "control-port");
  while (!stopping_) {
    now_ = ReadClocks();
    guests_.Tick(now_);
    if (now_ >= paused_until_) Recover();
    Wait();
  }
}

void Port::Wait() {
  std::vector<pollfd> polled = {{wake_, POLLIN, 0}};
  const bool paused = broken_ || now_ < paused_until_;
  if (!paused) {
    for (int fd : listeners_.descriptors()) polled.push_back({fd, POLLIN, 0});
  }
  const size_t first_guest = polled.size();
  for (int fd : guests_.silent()) polled.push_back({fd, POLLIN, 0});
  const bool idle = !paused && guests_.empty();
  if (poll(polled.data(), polled.size(), idle ? -1 : kTickMs) <= 0) return;
  now_ = ReadClocks();
  for (size_t i = first_guest; i < polled.size(); ++i) {
    if (polled[i].revents != 0) Hear(polled[i].fd);
  }
  for (size_t i = 1; i < first_guest && !stopping_; ++i) {
    if (polled[i].revents != 0) Accept(polled[i].fd);
  }
}

void Port::Hear(int fd) {
  char first = 0;
  const ssize_t count = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return guests_.Drop(fd);
  guests_.Adopt(fd);
  adopt_(fd);
}

void Port::Accept(int listener) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    const int fd =
        accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= descriptors_end_) {
      close(fd);
      return OnAcceptError(EMFILE);
    }
    if (fd >= 0) {
      guests_.Arrive(fd, AddressOf(peer), now_);
    } else if (!IsTransient(errno)) {
      return OnAcceptError(errno);
    }
    accepting_ = true;
  }
}

void Port::OnAcceptError(int why) {
  if (why == EAGAIN) {
    accepting_ = true;
    return;
  }
  probe_.accept_errors.Add();
  accepting_ = false;
  broken_ = IsBroken(why);
  // Whoever waits to be accepted may have more to say.
  guests_.CutOldest();
  paused_until_ = now_ + kPause;
}

// Also if nobody comes who would show that it works again.
void Port::Recover() {
  if (broken_) Reopen();
  if (broken_ || accepting_) return;
  for (int fd : listeners_.descriptors()) Accept(fd);
}

void Port::Reopen() {
  listeners_.Close();
  auto listeners = Listeners::Open(address_);
  if (!listeners.ok()) {
    probe_.accept_errors.Add();
    paused_until_ = now_ + kPause;
    return;
  }
  listeners_ = *std::move(listeners);
  broken_ = false;
}

}  // namespace sluice::control
