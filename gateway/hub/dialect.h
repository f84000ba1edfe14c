// SPDX-License-Identifier: Apache-2.0
//
// What the hub needs from a client's language. A dialect is a pure translator: bytes in, commands
// out; events in, bytes out. It owns no socket, no timer and no connection; one object serves every
// connection that speaks it, on every shard at once, so all of it is const and thread-safe.
//
// Bytes here are messages, without WebSocket framing; the hub frames them (frame.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/command.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/liveness.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct Upgrade;

// A small number for each dialect: indexes caches and metric arrays.
using DialectId = uint8_t;
inline constexpr size_t kDialectsMax = 8;

// What a dialect remembers about one connection; lives in its session.
struct DialectState {
  uint32_t flags = 0;  // the dialect's own
};

// The bounds of decoding, options of the gateway.
struct DecodeLimits {
  size_t batch_max = 100;  // commands in one message (--batch-max)
  size_t depth_max = 32;   // nesting of arrays and objects (--depth-max)
  size_t name_max = 255;   // bytes of a method or channel name (--channel-name-bytes)
};

// What became of one channel name in a Subscribe or Unsubscribe.
enum class ChannelStatus : uint8_t {
  kOk,
  kUnknown,    // nobody declared it
  kAlready,    // subscribed before
  kNotMember,  // unsubscribed without being subscribed
  kLimit,      // --channels-per-connection reached
};
struct ChannelResult {
  std::string channel;
  ChannelStatus status;
  // For dialects that say more: who asked, and of how many channels it may be a member.
  std::string_view connection = {};
  size_t limit = 0;
};

// What a dialect tells a connection that has just opened.
struct Welcome {
  std::string_view id;
  std::string_view user;
  const Payload& payload;  // what admission gave along without an event's name
  bool authenticated = false;
  const TokenFlaw* flaw = nullptr;  // what was wrong with the token that came with the greeting
};

// One connection of a namespace, as members are shown to one another.
struct Member {
  std::string id;
  std::string detail;  // what DetailOf made of it
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual DialectId id() const = 0;
  virtual std::string_view name() const = 0;  // metric label: "json_rpc"
  virtual bool binary() const = 0;            // its messages travel in binary frames

  // What is wrong with an upgrade request, beyond what its route has checked. Asked before anything
  // else happens on the connection; an objection is said, and the connection closed, at once.
  virtual std::optional<Say> Object(const Upgrade& /*upgrade*/, std::string_view /*space*/) const {
    return std::nullopt;
  }

  // How its connections are kept alive.
  virtual const LivenessRule& liveness() const = 0;

  // How long a client has for the dialect's own handshake (Greet), before which nothing else of it
  // is carried out; zero: there is none.
  virtual absl::Duration handshake_timeout() const { return absl::ZeroDuration(); }

  // Whether clients may enter channels that nobody declared, and publish into channels.
  virtual bool open_channels() const { return false; }
  virtual bool client_publish() const { return false; }

  // A connection's first frame may settle which dialect it really speaks; asked once.
  virtual const Dialect& ForFirstFrame(bool /*binary_frame*/, std::string_view /*bytes*/) const {
    return *this;
  }

  // Never fails: what is wrong becomes a Malformed or Hopeless command. Costs O(bytes).
  virtual Decoded Decode(DialectState& state, std::string_view bytes, bool binary_frame,
                         const DecodeLimits& limits) const = 0;

  // True if `channel` is a switch of the dialect rather than a channel; it has been flipped then.
  virtual bool Toggle(DialectState& state, std::string_view channel, bool on) const = 0;

  // Answers. `correlation.answer` is true. An empty text is not sent: the dialect has no such
  // answer.
  virtual std::string EncodeResult(const Correlation& correlation, const Payload& result) const = 0;
  virtual std::string EncodeError(const Correlation& correlation, const CallError& error) const = 0;
  virtual std::string EncodeChannels(const Correlation& correlation,
                                     absl::Span<const ChannelResult> results) const = 0;
  // The names of methods as one value, for whoever asks; the dialect adds its own reserved names,
  // that of the login only if there is one. Then the answer that has it; `cut`: there are more.
  virtual std::string EncodeMethodList(absl::Span<const std::string_view> /*methods*/,
                                       bool /*login*/) const {
    return {};
  }
  virtual std::string EncodeMethods(const Correlation& /*correlation*/, std::string_view /*list*/,
                                    bool /*cut*/) const {
    return {};
  }
  // `answered` are results of the Encode functions above, in the batch's order, at least one.
  virtual std::string EncodeBatch(absl::Span<const std::string> answered) const = 0;

  // --- For dialects with a handshake, tokens, members or relays; by default there is nothing to
  // say.

  // The first message to a connection that has opened. `correlation` is that of its greeting.
  virtual std::optional<std::string> EncodeWelcome(const Correlation& /*correlation*/,
                                                   const Welcome& /*welcome*/) const {
    return std::nullopt;
  }
  // The answer to Authenticate; `flaw` is null if it was good.
  virtual std::optional<std::string> EncodeAuthenticated(const Correlation& /*correlation*/,
                                                         const TokenFlaw* /*flaw*/) const {
    return std::nullopt;
  }
  // Hands the client a token; with a `call` it will confirm it with an Answer. Tells it to forget
  // its token. Tells it that it was taken out of a channel.
  virtual std::optional<std::string> EncodeToken(std::string_view /*token*/,
                                                 std::optional<uint64_t> /*call*/) const {
    return std::nullopt;
  }
  virtual std::optional<std::string> EncodeTokenRemoved() const { return std::nullopt; }
  virtual std::optional<std::string> EncodeKickOut(std::string_view /*channel*/,
                                                   std::string_view /*message*/) const {
    return std::nullopt;
  }

  // Whether its connections are shown to one another. If so: what others are shown of one (kept by
  // presence), the first message of a connection that opened, and one who comes or goes.
  virtual bool shows_members() const { return false; }
  virtual std::string DetailOf(const Upgrade& /*upgrade*/, std::string_view /*id*/,
                               absl::Time /*connected_at*/) const {
    return {};
  }
  virtual std::string EncodeMembers(std::string_view /*self*/, absl::Span<const Member> /*members*/,
                                    bool /*cut: there are more*/) const {
    return {};
  }
  virtual std::string EncodeMember(const Member& /*member*/, bool /*came*/) const { return {}; }
  // What the others get of a Relay: its body, marked with who sent it.
  virtual Payload RelayBody(const Relay& relay, std::string_view /*sender*/) const {
    return relay.body;
  }
  // The last message before a close, or nothing.
  virtual std::optional<std::string> EncodeFarewell(CloseCause /*cause*/) const {
    return std::nullopt;
  }

  // A publication in a channel, for its members; like EncodeEvent.
  virtual std::optional<std::string> EncodePublication(std::string_view channel,
                                                       const Payload& body) const {
    return EncodeEvent(channel, body);
  }
  // Whether an event with this body travels in a binary frame.
  virtual bool BinaryEvent(const Payload& /*body*/) const { return binary(); }

  // A message for an audience: the same bytes for everybody who speaks the dialect, whatever their
  // state. Nothing if the dialect cannot say it.
  virtual std::optional<std::string> EncodeEvent(std::string_view event,
                                                 const Payload& body) const = 0;

  // Asks the client something; it will answer with an Answer of the same `call`.
  virtual std::optional<std::string> EncodeRequest(const DialectState& state, uint64_t call,
                                                   std::string_view method,
                                                   const Payload& params) const = 0;

  // The close frame for a cause, where the dialect differs from the table in close.h.
  virtual CloseFrame Close(CloseCause cause) const = 0;
};

}  // namespace sluice::hub
