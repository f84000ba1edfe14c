// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/sentinels.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {
namespace {

// So long the others have once one has answered.
constexpr absl::Duration kOthers = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<MasterReport> ParseMasterReport(const Reply& reply) {
  absl::StatusOr<absl::Span<const Reply>> fields = reply.Elements(2);
  if (!fields.ok()) return fields.status();
  MasterReport report;
  uint32_t port = 0;
  for (size_t i = 0; i + 1 < fields->size(); i += 2) {
    const std::string& name = (*fields)[i].text;
    const std::string& value = (*fields)[i + 1].text;
    if (name == "ip") report.address.host = value;
    bool number = name != "port" || absl::SimpleAtoi(value, &port);
    number = number && (name != "config-epoch" || absl::SimpleAtoi(value, &report.epoch));
    if (!number) return absl::InternalError("a sentinel's number is none");
  }
  if (report.address.host.empty() || port == 0 || port > 65535) {
    return absl::InternalError("a sentinel does not say where the master is");
  }
  report.address.port = static_cast<uint16_t>(port);
  return report;
}

Sentinels::Sentinels(Context& context) : context_(context) {
  for (const Address& address : context.options.url.addresses) ones_.emplace_back(context, address);
}

void Sentinels::Start() {
  for (One& one : ones_) one.link.Start();
}

void Sentinels::Stop() {
  for (One& one : ones_) one.link.Stop();
  waiting_.clear();
}

void Sentinels::Tick(Instant now) {
  for (One& one : ones_) one.link.Tick(now);
  if (expected_ > 0 && now >= until_) Conclude();
}

void Sentinels::Ask(Found found) {
  waiting_.push_back(std::move(found));
  if (expected_ == 0) Begin();
}

void Sentinels::Begin() {
  Instant now = context_.loop.Now();
  until_ = now + context_.options.command_timeout;
  newest_.reset();
  trouble_ = absl::UnavailableError("no sentinel is connected");
  ++round_;
  std::vector<Connection*> asked;
  for (One& one : ones_) {
    if (Connection* connection = one.link.ready()) {
      asked.push_back(connection);
    } else {
      trouble_ = absl::UnavailableError(
          absl::StrCat("no sentinel is connected: ", one.link.trouble().message()));
    }
  }
  expected_ = asked.size();
  if (expected_ == 0) return Conclude();
  context_.probe.topology_asked.Add();
  for (Connection* connection : asked) {
    connection->Send(
        {"SENTINEL", "MASTER", context_.options.url.master}, until_,
        [this, mine = round_](const absl::StatusOr<Reply>& reply) { OnReport(mine, reply); });
  }
}

void Sentinels::OnReport(uint64_t round, const absl::StatusOr<Reply>& reply) {
  if (round != round_ || expected_ == 0) return;
  absl::StatusOr<MasterReport> report =
      reply.ok() ? ParseMasterReport(*reply) : absl::StatusOr<MasterReport>(reply.status());
  if (!report.ok()) {
    trouble_ = absl::UnavailableError(
        absl::StrCat("sentinels do not know the master: ", report.status().message()));
  } else if (!newest_ || report->epoch > newest_->epoch) {
    newest_ = *std::move(report);
    until_ = std::min(until_, context_.loop.Now().steady + kOthers);
  }
  if (--expected_ == 0) Conclude();
}

void Sentinels::Conclude() {
  expected_ = 0;
  absl::StatusOr<Address> answer = trouble_;
  if (newest_) answer = newest_->address;
  for (Found& found : std::exchange(waiting_, {})) found(answer);
}

}  // namespace sluice::storage::redis
