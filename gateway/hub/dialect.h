// SPDX-License-Identifier: Apache-2.0
//
// What the hub needs from a client's language. A dialect is a pure translator: bytes in, commands
// out; events in, bytes out. It owns no socket, no timer and no connection; one object serves every
// connection that speaks it, on every shard at once, so all of it is const and thread-safe.
//
// Bytes here are messages, without WebSocket framing; the hub frames them (frame.h).
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/command.h"
#include "gateway/hub/decode_limits.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/liveness.h"
#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct Upgrade;

// A small number for each dialect: indexes caches and metric arrays.
using DialectId = uint8_t;
inline constexpr size_t kDialectsMax = 16;

// What a dialect remembers about one connection; lives in its session.
struct DialectState {
  uint32_t flags = 0;  // the dialect's own
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

// What never changes about a dialect.
struct DialectTraits {
  DialectId id = 0;         // sluice.v1.Dialect less one; below kDialectsMax
  std::string_view name;    // metric label: "json_rpc"
  bool binary = false;      // its messages travel in binary frames
  LivenessRule liveness{};  // how its connections are kept alive
  // How long a client has for the dialect's own handshake (Greet). Nothing else that it says is
  // carried out before. Zero: there is no handshake.
  absl::Duration handshake_timeout = absl::ZeroDuration();
  bool open_channels = false;  // clients may enter channels that nobody declared
  bool shows_members = false;  // its connections are shown to one another
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;

  const DialectTraits& traits() const { return traits_; }
  DialectId id() const { return traits_.id; }

  // What is wrong with an upgrade request, beyond what its route has checked. Asked before anything
  // else happens on the connection; an objection is said, and the connection closed, at once.
  virtual std::optional<Say> Object(const Upgrade& /*upgrade*/, std::string_view /*space*/) const {
    return std::nullopt;
  }

  // A connection's first frame may settle which dialect it really speaks; asked once.
  virtual const Dialect& ForFirstFrame(bool /*binary_frame*/, std::string_view /*bytes*/) const {
    return *this;
  }

  // Never fails: what is wrong becomes a Malformed or Hopeless command. Costs O(bytes).
  virtual Decoded Decode(DialectState& state, std::string_view bytes, bool binary_frame,
                         const DecodeLimits& limits) const = 0;

  // True if `channel` is a switch of the dialect rather than a channel; it has been flipped then.
  virtual bool Toggle(DialectState& /*state*/, std::string_view /*channel*/, bool /*on*/) const {
    return false;
  }

  // --- Answers. `correlation.answer` is true. An empty text is not sent: by default the dialect
  // has no such answer.

  virtual std::string EncodeResult(const Correlation& /*correlation*/,
                                   const Payload& /*result*/) const {
    return {};
  }
  virtual std::string EncodeError(const Correlation& /*correlation*/,
                                  const CallError& /*error*/) const {
    return {};
  }
  virtual std::string EncodeChannels(const Correlation& /*correlation*/,
                                     absl::Span<const ChannelResult> /*results*/) const {
    return {};
  }
  // The names of all methods as one value. The dialect adds the names that it reserves; that of its
  // login only if `login`.
  virtual std::string EncodeMethodList(absl::Span<const std::string_view> /*methods*/,
                                       bool /*login*/) const {
    return {};
  }
  // The answer that holds such a list. `cut`: it does not hold all names.
  virtual std::string EncodeMethods(const Correlation& /*correlation*/, std::string_view /*list*/,
                                    bool /*cut*/) const {
    return {};
  }
  // `answered` are results of the Encode functions above, in the batch's order, at least one.
  virtual std::string EncodeBatch(absl::Span<const std::string> /*answered*/) const { return {}; }

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
  // Hands the client a token. If there is a `call`, the client confirms with an Answer of it.
  virtual std::optional<std::string> EncodeToken(std::string_view /*token*/,
                                                 std::optional<uint64_t> /*call*/) const {
    return std::nullopt;
  }
  // The client is to forget its token.
  virtual std::optional<std::string> EncodeTokenRemoved() const { return std::nullopt; }
  // The client was taken out of a channel.
  virtual std::optional<std::string> EncodeKickOut(std::string_view /*channel*/,
                                                   std::string_view /*message*/) const {
    return std::nullopt;
  }

  // --- For dialects whose traits say shows_members.

  // What others are shown of a connection. Presence keeps it.
  virtual std::string DetailOf(const Upgrade& /*upgrade*/, std::string_view /*id*/,
                               absl::Time /*connected_at*/) const {
    return {};
  }
  // The first message to a connection that has opened.
  virtual std::string EncodeMembers(std::string_view /*self*/, absl::Span<const Member> /*members*/,
                                    bool /*cut: there are more*/) const {
    return {};
  }
  // One who came or left.
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
  virtual bool BinaryEvent(const Payload& /*body*/) const { return traits_.binary; }

  // A message for an audience: the same bytes for everybody who speaks the dialect, whatever their
  // state. Nothing if the dialect cannot say it.
  virtual std::optional<std::string> EncodeEvent(std::string_view event,
                                                 const Payload& body) const = 0;

  // Asks the client something; it will answer with an Answer of the same `call`. Nothing if it
  // cannot be asked.
  virtual std::optional<std::string> EncodeRequest(const DialectState& /*state*/, uint64_t /*call*/,
                                                   std::string_view /*method*/,
                                                   const Payload& /*params*/) const {
    return std::nullopt;
  }

  // The close frame for a cause: that of the table in close.h, unless the dialect differs.
  virtual CloseFrame Close(CloseCause cause) const {
    const CloseRule& rule = RuleOf(cause);
    return {rule.code, std::string(rule.reason)};
  }

 protected:
  explicit Dialect(DialectTraits traits) : traits_(std::move(traits)) {
    assert(traits_.id < kDialectsMax);
  }

  DialectTraits traits_;  // as it was made, once a connection speaks it
};

}  // namespace sluice::hub
