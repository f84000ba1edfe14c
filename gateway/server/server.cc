// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/server.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "control/server.h"
#include "gateway/protocol/routes.h"
#include "gateway/server/node_server.h"
#include "storage/time.h"

namespace sluice::server {
namespace {

uint32_t ShardCount(const config::Settings& settings, const Processors& processors) {
  return settings.shards > 0 ? settings.shards : std::min(processors.granted(), 255u);
}

int ToDescriptor(uint64_t number) {
  return static_cast<int>(std::min<uint64_t>(number, std::numeric_limits<int>::max()));
}

// With what the process may have of descriptors. Of the reserve, a quarter is the admin port's
// alone.
config::Settings Bounded(const config::Settings& settings, const DescriptorLimits& limits) {
  config::Settings bounded = settings;
  const uint64_t reserve = ReserveOf(limits.soft, settings.edge.descriptors_reserve);
  bounded.edge.descriptors_reserve = reserve;
  bounded.edge.descriptors_end = ToDescriptor(limits.soft - reserve);
  control::PortGuests::Limits& guests = bounded.control.guests;
  guests.descriptors_end = ToDescriptor(limits.soft - reserve / 4);
  guests.connections_max = std::min<uint64_t>(guests.connections_max, limits.soft / 2);
  return bounded;
}

// Tells two lives of one node apart.
std::string MakeEpoch() {
  return absl::StrCat(absl::Hex(absl::ToUnixMicros(ReadClocks().date)), "-", absl::Hex(getpid()));
}

// Without a log nobody reads who was refused.
absl::StatusOr<NodeServer::Parts> Build(const config::Settings& settings, uint32_t shards,
                                        const runtime::Log* log) {
  auto refusals = log ? std::make_unique<RefusalLog>(*log) : nullptr;
  auto dialects = std::make_unique<const protocol::Registry>(settings.dialects);
  auto routes = protocol::Routes::Configure(settings.routes, *dialects);
  if (!routes.ok()) return routes.status();
  auto tokens = tokens::JwtAuthority::Make(settings.jwt);
  if (!tokens.ok()) return tokens.status();
  auto edge = edge::Edge::Make(settings.edge, *std::move(routes), shards, refusals.get());
  if (!edge.ok()) return edge.status();
  std::string epoch = MakeEpoch();
  auto stores = Stores::Make(settings, epoch);
  if (!stores.ok()) return stores.status();
  return NodeServer::Parts{std::move(epoch),   std::move(refusals), std::move(dialects),
                           *std::move(tokens), *std::move(edge),    *std::move(stores)};
}

}  // namespace

absl::Status Server::Check(const config::Settings& settings) {
  auto parts = Build(settings, 1, nullptr);
  return parts.ok() ? control::Server::Check(settings.control) : parts.status();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const config::Settings& settings,
                                                      const runtime::Log& log,
                                                      const Notifier::Options& notified) {
  const NodeServer::Grants grants{ReadProcessors(), RaiseDescriptorLimit(), notified};
  const config::Settings bounded = Bounded(settings, grants.descriptors);
  auto parts = Build(bounded, ShardCount(bounded, grants.processors), &log);
  if (!parts.ok()) return parts.status();
  auto server = std::make_unique<NodeServer>(bounded, log, grants, *std::move(parts));
  absl::Status status = server->Listen();
  if (!status.ok()) return status;
  server->Run();
  return server;
}

}  // namespace sluice::server
