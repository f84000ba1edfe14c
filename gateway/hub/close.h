// SPDX-License-Identifier: Apache-2.0
//
// Why the gateway closes a connection. One table: the cause, its default close code, its reason
// text, and what the client should do next (README shows the same table; a test compares them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::hub {

enum class CloseCause : uint8_t {
  kDisconnect,        // a backend asked for it
  kDrain,             // a drain, or the node shuts down
  kLifetime,          // it has lasted as long as a connection may
  kReplaced,          // a newer connection took the id over
  kIdTaken,           // the id is in use, and the policy keeps the older one
  kRejected,          // admission said no
  kAdmissionDown,     // nobody could be asked for admission, or presence is away
  kSlowConsumer,      // the outbox is full
  kPongTimeout,       // no sign of life
  kRateLimited,       // far too many commands: errors were answered and did not help
  kProtocol,          // the client broke its dialect's rules
  kHandshakeTimeout,  // the dialect's own handshake did not come in time
  kExpired,           // the client did not renew its own lease
};
inline constexpr int kCloseCauseCount = static_cast<int>(CloseCause::kExpired) + 1;

struct CloseRule {
  std::string_view label;      // metric label
  uint16_t code;               // default; a dialect or a backend may choose another
  std::string_view reason;     // at most 123 bytes
  std::string_view next_step;  // for the client's author
};

const CloseRule& RuleOf(CloseCause cause);

// What goes into a close frame. Code 0, on the way in: the dialect's own for the cause.
struct CloseFrame {
  uint16_t code = 0;
  std::string reason;

  friend bool operator==(const CloseFrame&, const CloseFrame&) = default;
};

// RFC 6455 7.4: a code that an endpoint may send in a close frame.
bool IsSendableCloseCode(uint32_t code);

inline constexpr uint16_t kVanishedCode = 1006;  // never sent; the peer left without a close frame
inline constexpr size_t kCloseReasonMax = 123;   // bytes; RFC 6455 5.5: 125 less the code

}  // namespace sluice::hub
