// SPDX-License-Identifier: Apache-2.0
//
// Sockets on loopback, by hand: as cheap as a client can be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::bench {

// A file descriptor with an owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// Lets this process open as many as the system allows, and says how many that is.
size_t RaiseDescriptorLimit();

// Blocking. `address` is "127.0.0.1:1234".
Descriptor Connect(const std::string& address);
void SetNonBlocking(int fd);
// Each write leaves at once, as a WebSocket server's does.
void SetNoDelay(int fd);

void WriteAll(int fd, std::string_view bytes);

// An upgrade request; every client's is the same.
std::string UpgradeRequest(std::string_view target);

// Reads an HTTP head, byte by byte, so that nothing behind it is lost. Fails unless it begins with
// `status_line`.
void ReadHead(int fd, std::string_view status_line);

// Reads one short or medium server frame; returns its payload.
std::string ReadFrame(int fd);

// A text frame as a client sends it. Its mask is zero: masking costs the generator, not the server.
std::string ClientFrame(std::string_view payload);
// As a server does. At most 65535 bytes.
std::string ServerFrame(std::string_view payload);

// GET, and the body of the answer.
std::string HttpGet(const std::string& address, std::string_view target);

}  // namespace sluice::bench
