// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/options.h"

#include <initializer_list>
#include <string>

#include "gateway/edge/address.h"
#include "gateway/edge/networks.h"
#include "gateway/edge/origin.h"

namespace sluice::edge {
namespace {

struct Rule {
  bool holds;
  const char* complaint;
};

absl::Status FirstBroken(std::initializer_list<Rule> rules) {
  for (const Rule& rule : rules) {
    if (!rule.holds) return absl::InvalidArgumentError(rule.complaint);
  }
  return absl::OkStatus();
}

absl::Status Under(std::string option, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(option + ": " + std::string(status.message()));
}

bool IsDelay(absl::Duration value) {
  return value >= absl::Milliseconds(10) && value <= absl::Hours(1);
}

}  // namespace

absl::Status Validate(const EdgeOptions& o) {
  absl::Status status = Under("listen", ParseHostPort(o.listen).status());
  status.Update(Under("origins", OriginPolicy::Make(o.origins, o.allow_no_origin).status()));
  status.Update(Under("trust-forwarded-for", Networks::Parse(o.trust_forwarded_for).status()));
  status.Update(Under("proxy-protocol", Networks::Parse(o.proxy_protocol).status()));
  if (!status.ok()) return status;
  return FirstBroken({
      {o.backlog >= 1 && o.backlog <= 65535, "backlog: allowed are 1 to 65535"},
      {o.tls_cert.empty() == o.tls_key.empty(), "tls-cert and tls-key: give both or neither"},
      {o.accepts_per_second >= 0 && o.accepts_per_second <= 1e6,
       "accepts-per-second: allowed are 0 (no limit) to 1000000"},
      {o.accepts_burst >= 1, "accepts-burst: allowed are 1 and more"},
      {o.retry_after >= absl::Seconds(1) && o.retry_after <= absl::Hours(1),
       "retry-after: allowed are 1s to 1h"},
      {IsDelay(o.handshake_timeout), "handshake-timeout: allowed are 10ms to 1h"},
      {IsDelay(o.close_timeout), "close-timeout: allowed are 10ms to 1h"},
      {o.header_bytes >= 512 && o.header_bytes <= 1 << 20,
       "header-bytes: allowed are 512 to 1048576"},
      {o.header_count >= 5 && o.header_count <= 1000, "header-count: allowed are 5 to 1000"},
      {o.target_bytes >= 1 && o.target_bytes <= 1 << 20, "target-bytes: allowed are 1 to 1048576"},
      {o.message_bytes >= 1 && o.message_bytes <= 256 << 20,
       "message-bytes: allowed are 1 to 268435456"},
      {IsDelay(o.message_timeout), "message-timeout: allowed are 10ms to 1h"},
      {o.pong_bytes >= 1024, "pong-bytes: allowed are 1024 and more"},
  });
}

}  // namespace sluice::edge
