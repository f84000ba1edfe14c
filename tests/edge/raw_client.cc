// SPDX-License-Identifier: Apache-2.0
#include "tests/edge/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::edge {
namespace {

constexpr int kDeadlineMillis = 10000;
constexpr char kMask[4] = {0x11, 0x22, 0x33, 0x44};

void AppendBigEndian(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

std::string ClientFrame(uint8_t opcode, std::string_view payload, bool fin) {
  std::string frame(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(0x80 | 126));
    AppendBigEndian(frame, payload.size(), 2);
  } else {
    frame.push_back(static_cast<char>(0x80 | 127));
    AppendBigEndian(frame, payload.size(), 8);
  }
  frame.append(kMask, sizeof kMask);
  for (size_t i = 0; i < payload.size(); ++i) frame.push_back(payload[i] ^ kMask[i % 4]);
  return frame;
}

std::string ClosePayload(uint16_t code, std::string_view reason) {
  std::string payload;
  AppendBigEndian(payload, code, 2);
  return payload.append(reason);
}

std::string UpgradeRequest(std::string_view target, std::string_view more_headers) {
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n");
  request.append("Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  return request.append("Sec-WebSocket-Version: 13\r\n").append(more_headers).append("\r\n");
}

RawClient::RawClient(uint16_t port, int receive_buffer) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

RawClient::~RawClient() {
  ssl_.reset();
  close(socket_);
}

bool RawClient::StartTls(int version) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                            SSL_CTX_free);
  if (version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
  }
  ssl_.reset(SSL_new(context.get()));
  SSL_set_fd(ssl_.get(), socket_);
  return SSL_connect(ssl_.get()) == 1;
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                        : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::ShutdownSend() { shutdown(socket_, SHUT_WR); }

void RawClient::Reset() {
  linger at_once = {1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket_);
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
}

bool RawClient::Fill() {
  char chunk[16384];
  pollfd ready = {socket_, POLLIN, 0};
  bool buffered = ssl_ && SSL_pending(ssl_.get()) > 0;
  if (!buffered && poll(&ready, 1, kDeadlineMillis) != 1) {
    timed_out_ = true;
    return false;
  }
  ssize_t got =
      ssl_ ? SSL_read(ssl_.get(), chunk, sizeof chunk) : recv(socket_, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  buffer_.append(chunk, static_cast<size_t>(got));
  return true;
}

std::string RawClient::ReadUntil(std::string_view end) {
  while (buffer_.find(end) == std::string::npos) {
    if (!Fill()) {
      ADD_FAILURE() << "no \"" << end << "\" but \"" << buffer_ << "\"";
      return {};
    }
  }
  size_t size = buffer_.find(end) + end.size();
  return ReadExactly(size);
}

std::string RawClient::ReadExactly(size_t size) {
  while (buffer_.size() < size) {
    if (!Fill()) {
      ADD_FAILURE() << "only " << buffer_.size() << " bytes of " << size;
      return {};
    }
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  if (buffer_.empty()) buffer_.shrink_to_fit();  // memory_test counts
  return bytes;
}

std::optional<std::string> RawClient::ReadToEnd() {
  while (Fill()) {
  }
  if (timed_out_) return std::nullopt;
  return std::exchange(buffer_, {});
}

std::string RawClient::Upgrade(std::string_view target, std::string_view more_headers) {
  Send(UpgradeRequest(target, more_headers));
  std::string head = ReadUntil("\r\n\r\n");
  EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 101") << head;
  return head;
}

Frame RawClient::ReadFrame() {
  std::string head = ReadExactly(2);
  if (head.size() < 2) return {};
  auto byte = [](char c) { return static_cast<unsigned char>(c); };
  uint64_t size = byte(head[1]);
  if (size >= 126) {
    std::string digits = ReadExactly(size == 126 ? 2 : 8);
    size = 0;
    for (char digit : digits) size = size << 8 | byte(digit);
  }
  EXPECT_EQ(byte(head[0]) & 0xf0, 0x80) << "final, no reserved bits";
  return {static_cast<uint8_t>(byte(head[0]) & 0x0f), ReadExactly(size)};
}

}  // namespace sluice::edge
