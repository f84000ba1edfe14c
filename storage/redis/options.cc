// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/options.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::storage::redis {
namespace {

absl::Status Wrong(absl::string_view option, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("redis-", option, ": ", rule));
}

absl::Status ValidateTimes(const Options& options) {
  const std::pair<absl::string_view, absl::Duration> durations[] = {
      {"connect-timeout", options.connect_timeout},
      {"command-timeout", options.command_timeout},
      {"ping-interval", options.ping_interval},
      {"silence", options.silence},
      {"back-off-min", options.back_off_min},
      {"topology-interval", options.topology_interval},
  };
  for (const auto& [name, duration] : durations) {
    if (duration <= absl::ZeroDuration()) return Wrong(name, "must be above 0");
  }
  if (options.silence <= options.ping_interval) {
    return Wrong("silence", "must be above redis-ping-interval, or idle connections are cut");
  }
  if (options.back_off_max < options.back_off_min) {
    return Wrong("back-off-max", "must be redis-back-off-min or more");
  }
  return absl::OkStatus();
}

}  // namespace

std::string Options::prefix() const {
  return url.db == 0 ? key_prefix : absl::StrCat(key_prefix, "db", url.db, ":");
}

absl::Status Validate(const Options& options) {
  if (options.key_prefix.find_first_of("{}") != std::string::npos) {
    return Wrong("key-prefix", "must not have { or }, which choose a cluster's slot");
  }
  if (options.tls.cert.empty() != options.tls.key.empty()) {
    return Wrong("tls-cert", "goes with redis-tls-key");
  }
  if (!options.sentinel_password.empty() && options.url.topology != Topology::kSentinel) {
    return Wrong("sentinel-password-file", "goes with redis+sentinel://");
  }
  if (options.queue_bytes < 64 << 10) return Wrong("queue-bytes", "must be 65536 or more");
  if (options.reply_bytes < 64 << 10) return Wrong("reply-bytes", "must be 65536 or more");
  return ValidateTimes(options);
}

}  // namespace sluice::storage::redis
