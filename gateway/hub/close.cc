// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/close.h"

#include <algorithm>
#include <array>

namespace sluice::hub {
namespace {

struct Entry {
  CloseCause cause;
  CloseRule rule;
};

// In the order of the enum.
constexpr std::array<Entry, kCloseCauseCount> kEntries = {{
    {CloseCause::kDisconnect,
     {"disconnect", 1000, "closed by the application",
      "stay away unless the application says more"}},
    {CloseCause::kDrain, {"drain", 1001, "going away", "reconnect after a random delay"}},
    {CloseCause::kLifetime, {"lifetime", 1001, "going away", "reconnect after a random delay"}},
    {CloseCause::kReplaced,
     {"replaced", 4410, "replaced by a newer connection", "do not reconnect with this id"}},
    {CloseCause::kIdTaken,
     {"id_taken", 4409, "the id is in use", "reconnect with another id, or later"}},
    {CloseCause::kRejected, {"rejected", 4403, "not admitted", "re-authenticate, then reconnect"}},
    {CloseCause::kAdmissionDown,
     {"admission_down", 1013, "try again later", "reconnect with back-off"}},
    {CloseCause::kSlowConsumer,
     {"slow_consumer", 4420, "too slow to read", "reconnect, and read faster or ask for less"}},
    {CloseCause::kPongTimeout, {"pong_timeout", 4408, "no sign of life", "reconnect"}},
    {CloseCause::kRateLimited,
     {"rate_limited", 4429, "too many commands", "reconnect with back-off, and send less"}},
    {CloseCause::kProtocol, {"protocol", 1002, "protocol error", "give up: correct the client"}},
    {CloseCause::kHandshakeTimeout,
     {"handshake_timeout", 4407, "no handshake in time", "reconnect with back-off"}},
    {CloseCause::kExpired, {"expired", 4406, "the lease was not renewed", "reconnect"}},
}};

constexpr bool WellFormed() {
  for (size_t i = 0; i < kEntries.size(); ++i) {
    if (static_cast<size_t>(kEntries[i].cause) != i) return false;
    if (kEntries[i].rule.reason.size() > kCloseReasonMax) return false;
  }
  return true;
}
static_assert(WellFormed());

}  // namespace

const CloseRule& RuleOf(CloseCause cause) { return kEntries[static_cast<size_t>(cause)].rule; }

bool IsSendableCloseCode(uint32_t code) {
  if (code >= 3000 && code <= 4999) return true;
  // 1004 is undefined; 1005, 1006 and 1015 must not appear in a frame.
  constexpr std::array<uint32_t, 12> kSendable = {1000, 1001, 1002, 1003, 1007, 1008,
                                                  1009, 1010, 1011, 1012, 1013, 1014};
  return std::binary_search(kSendable.begin(), kSendable.end(), code);
}

}  // namespace sluice::hub
