// SPDX-License-Identifier: Apache-2.0
//
// What SocketCluster's clients write, packet by packet, and the commands that they mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "gateway/hub/command.h"
#include "gateway/hub/dialect.h"
#include "gateway/protocol/json/mend.h"

namespace sluice::protocol {

// Correlation.flags: which request is answered. Its errors are worded accordingly.
enum class RequestKind : uint8_t {
  kInvoke,
  kSubscribe,
  kUnsubscribe,
  kPublish,
  kAuthenticate,
  kHandshake
};

// DialectState.flags
inline constexpr uint32_t kGreeted = 1;  // it has sent its #handshake

// Close codes that the packets themselves lead to.
inline constexpr uint16_t kBadHandshakeCode = 4008;
inline constexpr uint16_t kTooEarlyCode = 4009;

inline constexpr std::string_view kTokenRemovedPacket = R"({"event":"#removeAuthToken"})";

// Reads the packets of one message into commands.
class SocketClusterReader {
 public:
  struct Rules {
    bool strict_handshake = true;
    bool client_publish = true;
    size_t batch_max = 0;
  };
  SocketClusterReader(const Rules& rules, const hub::DecodeLimits& limits, hub::DialectState& state)
      : rules_(rules), limits_(limits), state_(state) {}

  // `json` is one sound JSON text: a packet, or an array of them. `flaws`: which of them are sound
  // only since they were mended.
  void Read(std::string_view json, absl::Span<const MendedJson::Flaw> flaws);
  // A pong, or what is no JSON.
  void ReadOther();

  hub::Decoded Take() &&;

 private:
  // One packet's members: their values as JSON text, empty if they are not there. `flaw`: why not
  // all of them are what the client wrote.
  struct Packet {
    std::string event, data, cid, rid, error, flaw;
    bool is_call() const;
  };
  static Packet Split(std::string_view json);
  void ReadPacket(std::string_view json, std::string flaw);
  void ReadEvent(Packet packet);
  void ReadResponse(uint64_t call, Packet packet);

  void Greet(Packet packet);
  void Authenticate(Packet packet);
  void Publish(Packet packet);
  void Subscribe(Packet packet);
  void Unsubscribe(Packet packet);
  void Call(std::string name, Packet packet);

  bool greeted() const { return (state_.flags & kGreeted) != 0; }
  // What is wrong with a channel's name, given as JSON text; empty if nothing.
  std::string ChannelFlaw(std::string_view kind, std::string_view channel) const;
  void Add(const Packet& packet, RequestKind kind, hub::Verb verb);
  void Refuse(const Packet& packet, std::string_view name, std::string message);
  void RefuseFlawed(const Packet& packet, RequestKind kind);
  void Close(uint16_t code);

  const Rules& rules_;
  const hub::DecodeLimits& limits_;
  hub::DialectState& state_;
  hub::Decoded decoded_;
  size_t packets_ = 0;
  bool closed_ = false;
};

}  // namespace sluice::protocol
