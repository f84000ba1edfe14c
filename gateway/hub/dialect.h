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

#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/command.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

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
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual DialectId id() const = 0;
  virtual std::string_view name() const = 0;  // metric label: "json_rpc"
  virtual bool binary() const = 0;            // its messages travel in binary frames

  // A connection's first frame may settle which dialect it really speaks; asked once.
  virtual const Dialect& ForFirstFrame(bool binary_frame) const = 0;

  // Never fails: what is wrong becomes a Malformed or Hopeless command. Costs O(bytes).
  virtual Decoded Decode(DialectState& state, std::string_view bytes, bool binary_frame,
                         const DecodeLimits& limits) const = 0;

  // True if `channel` is a switch of the dialect rather than a channel; it has been flipped then.
  virtual bool Toggle(DialectState& state, std::string_view channel, bool on) const = 0;

  // Answers. `correlation.answer` is true.
  virtual std::string EncodeResult(const Correlation& correlation, const Payload& result) const = 0;
  virtual std::string EncodeError(const Correlation& correlation, const CallError& error) const = 0;
  // Whether an error is sent even if correlation.answer is false (JSON-RPC here: protocol errors
  // are, with id null; application errors are not).
  virtual bool AnswersAnyway(const CallError& error) const = 0;
  virtual std::string EncodeChannels(const Correlation& correlation,
                                     absl::Span<const ChannelResult> results) const = 0;
  // The dialect adds its own reserved names: that of the login only if there is one.
  virtual std::string EncodeMethods(const Correlation& correlation,
                                    absl::Span<const std::string> methods, bool login) const = 0;
  // `answered` are results of the Encode functions above, in the batch's order, at least one.
  virtual std::string EncodeBatch(absl::Span<const std::string> answered) const = 0;

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
