// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/reloads.h"

#include "gateway/server/certificate.h"

namespace sluice::server {
namespace {

int64_t ExpiryOf(const std::string& pem_file) {
  const absl::Time expiry = pem_file.empty() ? absl::InfinitePast() : EarliestExpiry(pem_file);
  return expiry == absl::InfinitePast() ? 0 : absl::ToUnixSeconds(expiry);
}

double LevelOf(const metrics::Gauge& gauge) { return static_cast<double>(gauge.value()); }

}  // namespace

Reloads::Reloads(Options options, Ports ports, const runtime::Log& log)
    : options_(std::move(options)), ports_(std::move(ports)), log_(log) {
  contents_.Watch(ports_.files());
  NoteExpiries();
}

void Reloads::Tick(Now now) {
  if (options_.interval == absl::ZeroDuration() || now < next_look_) return;
  next_look_ = now + options_.interval;
  if (contents_.Changed()) Reload();
}

void Reloads::Reload() {
  if (ports_.begun) ports_.begun();
  const absl::Status verdict = ReadAgain();
  if (ports_.ended) ports_.ended(verdict);
}

// What was refused is not tried again before it has changed again.
absl::Status Reloads::ReadAgain() {
  // Noted first: what changes while it is read is read again.
  const std::vector<std::string> before = ports_.files();
  contents_.Watch(before);
  const absl::Status status = ports_.reload();
  if (std::vector<std::string> after = ports_.files(); after != before) {
    contents_.Watch(std::move(after));
  }
  last_refused_.Set(status.ok() ? 0 : 1);
  if (!status.ok()) {
    refused_.Add();
    log_.Error("not reloaded", {{"why", std::string(status.message())}});
    return status;
  }
  good_.Add();
  NoteExpiries();
  log_.Info("reloaded");
  return status;
}

void Reloads::NoteExpiries() {
  public_expiry_.Set(ExpiryOf(options_.public_cert));
  control_expiry_.Set(ExpiryOf(options_.control_cert));
}

void Reloads::Visit(metrics::Visitor& v) const {
  constexpr char kExpiry[] = "tls_certificate_expiry_seconds";
  constexpr char kExpiryHelp[] =
      "When the first certificate of the port's chain ends, in seconds since 1970; 0: no TLS.";
  v.Level(kExpiry, kExpiryHelp, {{"port", "public"}}, LevelOf(public_expiry_));
  v.Level(kExpiry, kExpiryHelp, {{"port", "control"}}, LevelOf(control_expiry_));
  constexpr char kReloads[] = "reloads_total";
  constexpr char kReloadsHelp[] = "Times that certificates, tokens and keys were read again.";
  v.Count(kReloads, kReloadsHelp, {{"result", "ok"}}, good_.value());
  v.Count(kReloads, kReloadsHelp, {{"result", "refused"}}, refused_.value());
  v.Level("reload_refused", "1 while what was read last is not in use, because something is wrong.",
          {}, LevelOf(last_refused_));
}

}  // namespace sluice::server
