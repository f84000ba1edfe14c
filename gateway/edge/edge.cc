// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/edge.h"

#include <utility>

#include "gateway/edge/address.h"
#include "gateway/edge/common_parts.h"

namespace sluice::edge {

absl::StatusOr<std::unique_ptr<Edge>> Edge::Make(const EdgeOptions& options,
                                                 protocol::Routes routes, uint32_t shards,
                                                 RefusalReports* reports) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  absl::StatusOr<OriginPolicy> origins =
      OriginPolicy::Make(options.origins, options.allow_no_origin);
  if (!origins.ok()) return origins.status();
  absl::StatusOr<Networks> trusted = Networks::Parse(options.trust_forwarded_for);
  if (!trusted.ok()) return trusted.status();
  absl::StatusOr<Networks> proxy_protocol = Networks::Parse(options.proxy_protocol);
  if (!proxy_protocol.ok()) return proxy_protocol.status();
  std::unique_ptr<TlsStore> tls;
  if (!options.tls_cert.empty()) {
    absl::StatusOr<std::unique_ptr<TlsStore>> loaded =
        TlsStore::Load(options.tls_cert, options.tls_key);
    if (!loaded.ok()) return loaded.status();
    tls = *std::move(loaded);
  }
  ConnectionLimiter::Limits limits{options.connections_max, options.accepts_per_second,
                                   options.accepts_burst};
  std::unique_ptr<CommonParts> common(new CommonParts{
      options, std::move(routes), *std::move(origins), *std::move(trusted),
      *std::move(proxy_protocol), ConnectionLimiter(limits), std::move(tls), reports});
  return std::unique_ptr<Edge>(new Edge(std::move(common), shards));
}

Edge::Edge(std::unique_ptr<CommonParts> common, uint32_t shards) : common_(std::move(common)) {
  std::vector<const EdgeProbe*> probes;
  for (uint32_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<ShardThread>(i, *common_));
    probes.push_back(&shards_.back()->probe());
  }
  metrics_ = std::make_unique<EdgeProbes>(std::move(probes));
}

Edge::~Edge() { Stop(); }

absl::Status Edge::Listen() {
  absl::StatusOr<HostPort> address = ParseHostPort(common_->options.listen);
  if (!address.ok()) return address.status();
  for (auto& shard : shards_) {
    absl::StatusOr<uint16_t> port = shard->Listen(*address);
    if (!port.ok()) return port.status();
    address->port = *port;  // the first shard's, if it was to be chosen
  }
  address_ = FormatHostPort(address->host, address->port);
  return absl::OkStatus();
}

void Edge::Start(absl::Span<hub::Shard* const> shards) {
  for (uint32_t i = 0; i < size(); ++i) shards_[i]->Start(*shards[i]);
}

void Edge::StopAccepting() { common_->limiter.Close(); }

void Edge::SetOverloaded(bool overloaded) { common_->limiter.SetOverloaded(overloaded); }

uint64_t Edge::descriptor_refusals() const {
  uint64_t sum = 0;
  for (const auto& shard : shards_) {
    const EdgeProbe& probe = shard->probe();
    sum += probe.refused[static_cast<size_t>(Refusal::kDescriptors)].value();
    sum += probe.accept_pauses.value();
  }
  return sum;
}

void Edge::Stop() {
  for (auto& shard : shards_) shard->Stop();
}

absl::Status Edge::ReloadTls() { return common_->tls ? common_->tls->Reload() : absl::OkStatus(); }

}  // namespace sluice::edge
