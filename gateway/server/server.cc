// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/server.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/protocol/routes.h"
#include "gateway/server/announce.h"
#include "gateway/server/log_text.h"
#include "gateway/version.h"
#include "storage/time.h"

namespace sluice::server {
namespace {

// What a second SIGTERM ends the process with.
constexpr int kExitHurried = 1;
// What the log gets then to say so.
constexpr absl::Duration kHurriedFlush = absl::Milliseconds(200);

// How long after a drain to look whether somebody slipped in behind it.
constexpr absl::Duration kDrainAgain = absl::Seconds(1);

std::string StorageName(config::Storage storage) {
  switch (storage) {
    case config::Storage::kMemory:
      return "memory";
  }
  return "";
}

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

}  // namespace

absl::StatusOr<Server::Parts> Server::Build(const config::Settings& settings, uint32_t shards,
                                            const Log* log) {
  auto refusals = log ? std::make_unique<RefusalLog>(*log) : nullptr;
  auto dialects = std::make_unique<const protocol::Registry>(settings.dialects);
  auto routes = protocol::Routes::Configure(settings.routes, *dialects);
  if (!routes.ok()) return routes.status();
  auto tokens = tokens::JwtAuthority::Make(settings.jwt);
  if (!tokens.ok()) return tokens.status();
  auto edge = edge::Edge::Make(settings.edge, *std::move(routes), shards, refusals.get());
  if (!edge.ok()) return edge.status();
  return Parts{std::move(refusals), std::move(dialects), *std::move(tokens), *std::move(edge)};
}

absl::Status Server::Check(const config::Settings& settings) {
  auto parts = Build(settings, 1, nullptr);
  return parts.ok() ? control::Server::Check(settings.control) : parts.status();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const config::Settings& settings,
                                                      const Log& log) {
  const Grants grants{ReadProcessors(), RaiseDescriptorLimit()};
  const config::Settings bounded = Bounded(settings, grants.descriptors);
  auto parts = Build(bounded, ShardCount(bounded, grants.processors), &log);
  if (!parts.ok()) return parts.status();
  std::unique_ptr<Server> server(new Server(bounded, log, grants, *std::move(parts)));
  absl::Status status = server->Listen();
  if (!status.ok()) return status;
  server->Run();
  return server;
}

Server::Server(const config::Settings& settings, const Log& log, const Grants& grants, Parts parts)
    : settings_(settings),
      log_(log),
      grants_(grants),
      refusals_(std::move(parts.refusals)),
      dialects_(std::move(parts.dialects)),
      tokens_(std::move(parts.tokens)),
      edge_(std::move(parts.edge)),
      presence_({.lease = settings.shard.presence_lease}),
      broker_(bus_, settings.shard.node),
      events_(settings.events),
      exchange_(settings.exchange, home_),
      relay_(events_, home_, log, *refusals_),
      hub_(settings.shard, *edge_, presence_, relay_, *tokens_, exchange_, *dialects_),
      drains_(settings.drains, hub_.set(), home_),
      leaving_({.kept_max = 1}, hub_.set(), home_),
      drain_book_(drains_),
      worker_log_(log),
      node_{.name = settings.shard.node,
            .epoch = MakeEpoch(),
            .shards = hub_.set(),
            .home = home_,
            .drains = drain_book_,
            .events = events_,
            .exchange = exchange_,
            .tokens = *tokens_,
            .broker = broker_,
            .encodings = hub_.encodings(),
            .limits = settings.limits,
            .worker_reports = &worker_log_,
            .caller_reports = refusals_.get()},
      control_(settings.control, node_, control_probe_),
      heartbeats_(settings.heartbeats),
      watch_({.heartbeats = heartbeats_,
              .descriptors_end = settings.edge.descriptors_end,
              .descriptor_refusals = [this] { return edge_->descriptor_refusals(); },
              .control = [this] { return control_.Complaint(); },
              .ready = [this](bool ready) { control_.SetReady(ready); },
              .overloaded =
                  [this](bool overloaded) {
                    control_.SetOverloaded(overloaded);
                    edge_->SetOverloaded(overloaded);
                  }},
             log),
      exporter_({&hub_.metrics(), &edge_->metrics(), &admin_.metrics(), &probe_, &control_probe_,
                 &heartbeats_, log.metrics()},
                kVersion),
      departure_(settings.departure) {
  heartbeats_.Watch("home", home_.loop());
  for (uint32_t i = 0; i < edge_->size(); ++i) {
    heartbeats_.Watch(absl::StrCat("shard-", i), edge_->shard(i).loop());
  }
}

Server::~Server() { Stop(); }

// --- Start ---------------------------------------------------------------------------------------

absl::Status Server::Listen() {
  absl::Status status = edge_->Listen();
  if (!status.ok()) return status;
  status = admin_.Listen(settings_.admin, {.metrics = [this] { return exporter_.Render(); },
                                           .readiness = [this] { return ReadyPage(); },
                                           .sickness = [this] { return watch_.sickness(); }});
  if (!status.ok()) return status;
  status = control_.Start();
  if (!status.ok()) return status;
  addresses_ = {edge_->address(), control_.address(), admin_.address()};
  // Before the file: whoever waits for it may send a signal at once.
  home_.HandleSignals({[this] { OnStopSignal(); }, [this] { OnReloadSignal(); }});
  if (settings_.address_file.empty()) return absl::OkStatus();
  return WriteAddressFile(settings_.address_file, addresses_);
}

void Server::Run() {
  home_.Start([this](Now now) { Tick(now); });
  edge_->Start(hub_.shards());
  admin_.Start([this](Now now) { watch_.Tick(now); });
  log_.Info("started", {{"version", kVersion},
                        {"node", settings_.shard.node},
                        {"shards", std::to_string(edge_->size())},
                        {"storage", StorageName(settings_.storage)}});
  log_.Info("listening", {{"listen", addresses_.listen},
                          {"control", addresses_.control},
                          {"admin", addresses_.admin}});
  AnnounceThreads(log_, grants_.processors, settings_.shards, edge_->size());
  AnnounceDescriptors(log_, grants_.descriptors, settings_.edge);
}

// --- Life, on the home thread --------------------------------------------------------------------

void Server::Tick(Now now) {
  bus_.Tick(now);
  drains_.Tick(now);
  leaving_.Tick(now);
  probe_.Update(events_, relay_, drains_);
  const size_t connections = hub_.connections();
  switch (departure_.Tick(now, connections)) {
    case Departure::Action::kNone:
      // Who was in the middle of a handshake when the drain began is not in it.
      if (leaving_.running() == 0 && now >= drain_again_) BeginDrain(now, connections);
      return;
    case Departure::Action::kDrain:
      edge_->StopAccepting();
      return BeginDrain(now, connections);
    case Departure::Action::kFinish:
      drain_again_ = Instant::Future();
      log_.Info("drained", {{"left", std::to_string(connections)}});
      return left_.Notify();
  }
}

void Server::OnStopSignal() {
  if (departure_.begun()) {
    log_.Warn("told to stop again: ending at once");
    log_.Flush(kHurriedFlush);
    _exit(kExitHurried);
  }
  home_.Post([this](Now now) { BeginLeaving(now); });
}

void Server::OnReloadSignal() {
  absl::Status status = edge_->ReloadTls();
  status.Update(control_.Reload());
  status.Update(tokens_->Reload());
  if (status.ok()) return log_.Info("reloaded");
  log_.Error("not reloaded", {{"why", std::string(status.message())}});
}

void Server::BeginLeaving(Now now) {
  if (departure_.begun()) return;
  departure_.Begin(now);
  control_.BeginShutdown();
  log_.Info("leaving", {{"connections", std::to_string(hub_.connections())},
                        {"delay", absl::FormatDuration(settings_.departure.delay)},
                        {"drain-timeout", absl::FormatDuration(settings_.departure.drain_timeout)},
                        {"drain-grace", absl::FormatDuration(settings_.departure.drain_grace)}});
  Tick(now);
  // Last: without a delay, whoever reads that the node leaves is not let in any more.
  probe_.SetDraining(true);
}

void Server::BeginDrain(Now now, size_t connections) {
  drain_again_ = now + kDrainAgain;
  hub::DrainPlan plan;
  plan.everything = true;
  plan.per_second = departure_.Pace(connections);
  plan.grace = settings_.departure.drain_grace;
  plan.latest = departure_.GraceEnd();
  leaving_.Start(std::move(plan), now, [this](absl::StatusOr<hub::DrainView> drain) {
    if (!drain.ok()) log_.Error("drain failed", {{"why", drain.status().ToString()}});
  });
}

// --- The admin port's pages
// ------------------------------------------------------------------------

edge::Readiness Server::ReadyPage() const {
  const bool draining = probe_.draining();
  const std::string why = watch_.unreadiness();
  const bool ready = !draining && why.empty();
  return {ready,
          absl::StrCat(R"({"ready":)", ready ? "true" : "false", R"(,"draining":)",
                       draining ? "true" : "false", R"(,"storage":")",
                       StorageName(settings_.storage), R"(","connections":)", hub_.connections(),
                       why.empty() ? "" : R"(,"why":)", why.empty() ? "" : JsonText(why), "}")};
}

// --- Stop ----------------------------------------------------------------------------------------

void Server::Leave() {
  home_.Post([this](Now now) { BeginLeaving(now); });
}

void Server::Wait() {
  left_.WaitForNotification();
  Stop();
  log_.Info("stopped");
}

// The reverse of construction. The home thread still hears a second signal while the rest stops,
// and the admin port answers to the end.
void Server::Stop() {
  control_.DrainWorkers();
  control_.Stop();
  edge_->Stop();
  home_.Stop();
  admin_.Stop();
}

}  // namespace sluice::server
