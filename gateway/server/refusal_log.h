// SPDX-License-Identifier: Apache-2.0
//
// Puts those who were not let in into the node's log, at info, with the option that would let them
// in: a few lines of each kind in a while, however many there are.
//
//   client refused reason=origin what=http://localhost:5173 path=/chat client=127.0.0.1:4711
//     hint="--origins lists the pages that may connect"
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "control/reports.h"
#include "gateway/edge/refusal_reports.h"
#include "gateway/hub/event_log.h"
#include "gateway/runtime/log.h"
#include "gateway/server/seldom.h"

namespace sluice::server {

// Thread-safe.
class RefusalLog final : public edge::RefusalReports, public control::CallerReports {
 public:
  static constexpr Seldom::Rate kRate = {.lines = 5, .interval = absl::Seconds(10)};

  // `log` outlives this.
  explicit RefusalLog(const runtime::Log& log, const Seldom::Rate& rate = kRate)
      : log_(log), rate_(rate) {}

  void Refused(const edge::RefusedClient& refused) override;
  void TokenRefused(const std::string& peer, std::string_view what) override;
  // A kBadToken.
  void BadToken(const hub::ConnectionEvent& event);

 private:
  // How many cases a line of this kind stands for that is due now; 0: none is.
  uint64_t Due(std::string_view kind);

  const runtime::Log& log_;
  const Seldom::Rate rate_;
  absl::Mutex mutex_;
  // By kind, of which there are as many as the code has reasons.
  std::map<std::string, Seldom, std::less<>> kinds_ ABSL_GUARDED_BY(mutex_);
};

// gRPC's name for a peer in the form of all addresses: "ipv6:%5B::1%5D:80" is "[::1]:80".
std::string AddressOfCaller(std::string_view peer);

}  // namespace sluice::server
