// SPDX-License-Identifier: Apache-2.0
#include "control/listeners.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::control {
namespace {

using Resolved = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct HostAndPort {
  std::string host;
  std::string port;
};

HostAndPort Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

// A wildcard means every address, whatever family it is written in.
bool IsWildcard(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

uint16_t PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void SetPort(sockaddr_storage& address, uint16_t port) {
  if (address.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
}

void SetOption(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

// A listening socket, or less than 0 with errno.
int Listen(const sockaddr_storage& address, socklen_t size, bool both_families) {
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  // Not SO_REUSEPORT: two servers on one port would share its callers; better that one says so.
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ss_family == AF_INET6)
    SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
      listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

uint16_t BoundPort(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return PortOf(address);
}

Resolved Resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0) list = nullptr;
  return {list, &freeaddrinfo};
}

// Every address of `host` that can be had, all with one port; `why` is of the last that cannot.
std::vector<int> ListenOn(const std::string& host, const std::string& port, bool both, int& why) {
  std::vector<int> sockets;
  const Resolved resolved = Resolve(host, port);
  if (!resolved) why = EADDRNOTAVAIL;
  for (const addrinfo* one = resolved.get(); one != nullptr; one = one->ai_next) {
    sockaddr_storage address{};
    std::memcpy(&address, one->ai_addr, one->ai_addrlen);
    if (!sockets.empty()) SetPort(address, BoundPort(sockets.front()));
    const int fd = Listen(address, one->ai_addrlen, both);
    if (fd < 0) {
      why = errno;
    } else {
      sockets.push_back(fd);
    }
  }
  return sockets;
}

}  // namespace

Listeners::Listeners(Listeners&& other) noexcept
    : address_(std::move(other.address_)),
      descriptors_(std::exchange(other.descriptors_, std::vector<int>())) {}

Listeners& Listeners::operator=(Listeners&& other) noexcept {
  if (this == &other) return *this;
  Close();
  address_ = std::move(other.address_);
  descriptors_ = std::exchange(other.descriptors_, std::vector<int>());
  return *this;
}

absl::StatusOr<Listeners> Listeners::Open(const std::string& address) {
  const HostAndPort at = Split(address);
  int why = 0;
  Listeners listeners;
  if (IsWildcard(at.host)) listeners.descriptors_ = ListenOn("::", at.port, true, why);
  // Also where there is no IPv6.
  if (listeners.descriptors_.empty()) {
    listeners.descriptors_ = ListenOn(at.host, at.port, false, why);
  }
  if (listeners.descriptors_.empty()) {
    return absl::UnavailableError(
        absl::StrCat("control: cannot listen on ", address, ": ", std::strerror(why)));
  }
  listeners.address_ = absl::StrCat(address.substr(0, address.rfind(':') + 1),
                                    BoundPort(listeners.descriptors_.front()));
  return listeners;
}

void Listeners::Close() {
  for (int fd : descriptors_) close(fd);
  descriptors_.clear();
}

}  // namespace sluice::control
