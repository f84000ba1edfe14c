// SPDX-License-Identifier: Apache-2.0
//
// A client made of a blocking socket (or TLS over it) and nothing else, so that a test says every
// byte. Each read has a deadline; what does not come in time is a test failure, not a hang.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/edge/tls.h"

typedef struct ssl_session_st SSL_SESSION;

namespace sluice::edge {

struct Frame {
  uint8_t opcode = 0;
  std::string payload;
  friend bool operator==(const Frame&, const Frame&) = default;
};

inline constexpr uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9,
                         kPong = 10;

// A masked frame.
std::string ClientFrame(uint8_t opcode, std::string_view payload, bool fin = true);
std::string ClosePayload(uint16_t code, std::string_view reason = "");

std::string UpgradeRequest(std::string_view target = "/", std::string_view more_headers = "");

class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;

  // Verifies nothing; false if the handshake fails. `version` e.g. TLS1_2_VERSION; 0: any.
  bool StartTls(int version = 0);
  SSL* ssl() { return ssl_.get(); }

  void Send(std::string_view bytes);
  void ShutdownSend();
  void Reset();  // RST

  // What comes up to and including `end`.
  std::string ReadUntil(std::string_view end);
  std::string ReadExactly(size_t size);
  // Everything until the server closes. Nothing: it did not within the deadline.
  std::optional<std::string> ReadToEnd();
  bool Ended() { return ReadToEnd().has_value(); }

  // Sends the request and takes the 101; returns the head.
  std::string Upgrade(std::string_view target = "/", std::string_view more_headers = "");
  Frame ReadFrame();

 private:
  bool Fill();  // false: the end, an error, or the deadline

  int socket_;
  SslPtr ssl_;
  std::string buffer_;
  bool timed_out_ = false;
};

}  // namespace sluice::edge
