// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

constexpr size_t kHeadMax = 8192;

sockaddr_in Parse(const std::string& address) {
  size_t colon = address.rfind(':');
  sockaddr_in result = {};
  result.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &result.sin_addr) != 1) {
    Fail("not an address: " + address);
  }
  result.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  return result;
}

void ReadExactly(int fd, char* data, size_t size) {
  while (size > 0) {
    ssize_t got = recv(fd, data, size, 0);
    if (got <= 0) FailErrno("the server ended a connection");
    data += got;
    size -= static_cast<size_t>(got);
  }
}

std::string FrameHeader(size_t size, uint8_t mask_bit) {
  std::string header(1, '\x81');
  if (size < 126) {
    header += static_cast<char>(mask_bit | size);
  } else {
    header += static_cast<char>(mask_bit | 126);
    header += static_cast<char>(size >> 8);
    header += static_cast<char>(size & 0xff);
  }
  return header;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

size_t RaiseDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Descriptor Connect(const std::string& address) {
  sockaddr_in target = Parse(address);
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) FailErrno("socket");
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) {
    FailErrno("connect to " + address);
  }
  SetNoDelay(socket.get());
  return socket;
}

void SetNoDelay(int fd) {
  int one = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) FailErrno("TCP_NODELAY");
}

void SetNonBlocking(int fd) {
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) FailErrno("fcntl");
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) FailErrno("send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string UpgradeRequest(std::string_view target) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

void ReadHead(int fd, std::string_view status_line) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char next = 0;
    ReadExactly(fd, &next, 1);
    head += next;
    if (head.size() > kHeadMax) Fail("an endless answer");
  }
  if (!head.starts_with(status_line)) Fail("unexpected answer: " + head);
}

std::string ReadFrame(int fd) {
  std::array<char, 4> header;
  ReadExactly(fd, header.data(), 2);
  size_t size = static_cast<uint8_t>(header[1]);
  if (size == 126) {
    ReadExactly(fd, header.data() + 2, 2);
    size = static_cast<uint8_t>(header[2]) * 256u + static_cast<uint8_t>(header[3]);
  }
  std::string payload(size, '\0');
  ReadExactly(fd, payload.data(), size);
  return payload;
}

std::string ClientFrame(std::string_view payload) {
  return FrameHeader(payload.size(), 0x80) + std::string(4, '\0') + std::string(payload);
}

std::string ServerFrame(std::string_view payload) {
  return FrameHeader(payload.size(), 0) + std::string(payload);
}

std::string HttpGet(const std::string& address, std::string_view target) {
  Descriptor socket = Connect(address);
  WriteAll(socket.get(), "GET " + std::string(target) +
                             " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  ReadHead(socket.get(), "HTTP/1.1 200");
  std::string body;
  std::array<char, 16384> chunk;
  for (;;) {
    ssize_t got = recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (got < 0) FailErrno("recv");
    if (got == 0) return body;
    body.append(chunk.data(), static_cast<size_t>(got));
  }
}

}  // namespace sluice::bench
