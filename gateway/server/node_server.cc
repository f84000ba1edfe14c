// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/node_server.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "control/node_events.h"
#include "gateway/protocol/routes.h"
#include "gateway/server/announce.h"
#include "gateway/server/ready_page.h"
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

// What the service manager grants beside what the options add up to.
constexpr absl::Duration kLeeway = absl::Seconds(10);

// Until the events of the last connection are in the log, and then for other nodes to fetch them.
constexpr absl::Duration kLastEvents = absl::Milliseconds(50);
constexpr absl::Duration kFarewell = absl::Milliseconds(250);

std::string StorageName(config::Storage storage) {
  switch (storage) {
    case config::Storage::kMemory:
      return "memory";
    case config::Storage::kRedis:
      return "redis";
  }
  return "";
}

// How the hub reaches other nodes; null: there are none.
std::unique_ptr<control::ClusterElsewhere> MakeOthers(Stores& stores, storage::Executor& home,
                                                      const control::Limits& limits,
                                                      control::ClusterProbe& probe) {
  if (!stores.shared()) return nullptr;
  return std::make_unique<control::ClusterElsewhere>(stores.broker(), home, limits.cluster_timeout,
                                                     probe);
}

}  // namespace

NodeServer::NodeServer(const config::Settings& settings, const runtime::Log& log,
                       const Grants& grants, Parts parts)
    : settings_(settings),
      log_(log),
      grants_(grants),
      refusals_(std::move(parts.refusals)),
      dialects_(std::move(parts.dialects)),
      tokens_(std::move(parts.tokens)),
      edge_(std::move(parts.edge)),
      stores_(std::move(parts.stores)),
      others_(MakeOthers(*stores_, home_, settings.limits, control_probe_.cluster)),
      events_(settings.events),
      subscribers_(settings.subscribers, home_),
      relay_(settings.events, events_, home_, log, *refusals_),
      hub_(settings.shard, *edge_, stores_->presence(), relay_, *tokens_, subscribers_,
           others_ ? *others_ : static_cast<hub::Elsewhere&>(nowhere_), *dialects_),
      drains_(hub_.set(), home_),
      leaving_(hub_.set(), home_),
      drain_book_(settings.limits, drains_),
      worker_log_(log),
      node_{.name = settings.shard.node,
            .epoch = std::move(parts.epoch),
            .shards = hub_.set(),
            .home = home_,
            .drains = drain_book_,
            .calls = client_calls_,
            .events = events_,
            .subscribers = subscribers_,
            .publisher = hub_.publisher(),
            .tokens = *tokens_,
            .broker = stores_->broker(),
            .encodings = hub_.encodings(),
            .limits = settings.limits,
            .worker_reports = &worker_log_,
            .caller_reports = refusals_.get(),
            .self = [this] { return Self(); },
            .shared = stores_->shared()},
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
      notifier_(grants.notified),
      reload_status_(settings.reload_status_file),
      reloads_({.interval = settings.reload_interval,
                .public_cert = settings.edge.tls_cert,
                .control_cert = settings.control.tls_cert},
               {.reload = [this] { return ReloadFiles(); },
                .files = [this] { return FilesInUse(); },
                .begun = [this] { OnReloadBegun(); },
                .ended = [this](const absl::Status& verdict) { OnReloadEnded(verdict); }},
               log),
      store_health_(*stores_),
      exporter_(Sources(), kVersion),
      departure_(settings.departure) {
  if (others_) others_->Attach(hub_.set());
  stores_->presence().OnBuried(home_, [this](const storage::Presence::Burial& burial, Now now) {
    events_.Append(control::EventsOf(burial, now));
  });
  heartbeats_.Watch("home", home_.loop());
  for (uint32_t i = 0; i < edge_->size(); ++i) {
    heartbeats_.Watch(absl::StrCat("shard-", i), edge_->shard(i).loop());
  }
  stores_->WatchThread(heartbeats_);
}

NodeServer::~NodeServer() { Stop(); }

std::vector<const metrics::Source*> NodeServer::Sources() const {
  std::vector<const metrics::Source*> sources = {
      &hub_.metrics(), &edge_->metrics(), &admin_.metrics(), &probe_,       &control_probe_,
      &heartbeats_,    &reloads_,         &store_health_,    log_.metrics()};
  for (const metrics::Source* source : stores_->metrics()) sources.push_back(source);
  return sources;
}

// --- Start ---------------------------------------------------------------------------------------

absl::Status NodeServer::Listen() {
  absl::Status status = edge_->Listen();
  if (!status.ok()) return status;
  status = admin_.Listen(settings_.admin,
                         admin::NodePages({.metrics = [this] { return exporter_.Render(); },
                                           .readiness = [this] { return ReadyPage(); },
                                           .sickness = [this] { return watch_.sickness(); }}));
  if (!status.ok()) return status;
  status = control_.Start();
  if (!status.ok()) return status;
  addresses_ = {edge_->address(), control_.address(), admin_.address()};
  // Before the file: whoever waits for it may send a signal at once.
  home_.HandleSignals({.stop = [this] { OnStopSignal(); },
                       .leave = [this] { OnLeaveSignal(); },
                       .reload = [this] { reloads_.Reload(); }});
  status = reload_status_.Write();
  if (!status.ok() || settings_.address_file.empty()) return status;
  return WriteAddressFile(settings_.address_file, addresses_);
}

void NodeServer::Run() {
  home_.Start([this](Now now) { Tick(now); });
  stores_->Start(log_);
  // Before anybody comes in: others may have workers that must be asked about it.
  control_.MeetOthers();
  edge_->Start(hub_.shards());
  admin_.Start([this](Now now) {
    watch_.Tick(now);
    if (watch_.sickness().empty()) notifier_.Alive(now);
  });
  log_.Info("started", {{"version", kVersion},
                        {"node", settings_.shard.node},
                        {"shards", std::to_string(edge_->size())},
                        {"storage", StorageName(settings_.storage)}});
  log_.Info("listening", {{"listen", addresses_.listen},
                          {"control", addresses_.control},
                          {"admin", addresses_.admin}});
  AnnounceThreads(log_, grants_.processors, settings_.shards, edge_->size());
  AnnounceDescriptors(log_, grants_.descriptors, settings_.edge);
  home_.Post([this](Now) { notifier_.Ready(absl::StrCat("serving on ", addresses_.listen)); });
}

// --- Life, on the home thread --------------------------------------------------------------------

void NodeServer::Tick(Now now) {
  SayFarewell(now);
  control_.Tick(now);
  drain_book_.Tick(now);
  reloads_.Tick(now);
  notifier_.Tick();
  leaving_.Tick(now);
  probe_.Update(events_, relay_, subscribers_, drains_);
  const size_t connections = hub_.connections();
  switch (departure_.Tick(now, connections)) {
    case runtime::Departure::Action::kNone:
      // Who was in the middle of a handshake when the drain began is not in it.
      if (leaving_.running() == 0 && now >= drain_again_) BeginDrain(now, connections);
      return;
    case runtime::Departure::Action::kDrain:
      edge_->StopAccepting();
      return BeginDrain(now, connections);
    case runtime::Departure::Action::kFinish:
      drain_again_ = Instant::Future();
      log_.Info("drained", {{"left", std::to_string(connections)}});
      if (connections > 0 || stores_->broker().peers().empty()) return left_.Notify();
      farewell_at_ = now + kLastEvents;
  }
}

// Whoever follows this node's events from afar gets the last of them.
void NodeServer::SayFarewell(Now now) {
  if (now >= farewell_at_) {
    farewell_at_ = Instant::Future();
    events_.Append(
        control::EventsOf({.node = settings_.shard.node, .records = {}, .last = true}, now));
    left_at_ = now + kFarewell;
  } else if (now >= left_at_) {
    left_at_ = Instant::Future();
    left_.Notify();
  }
}

void NodeServer::OnStopSignal() {
  if (std::exchange(stop_signalled_, true)) {
    log_.Warn("told to stop again: ending at once");
    log_.Flush(kHurriedFlush);
    _exit(kExitHurried);
  }
  if (departure_.begun()) log_.Info("told to stop: leaving already");
  Leave();
}

// Of --leave, as often as it likes.
void NodeServer::OnLeaveSignal() { Leave(); }

void NodeServer::BeginLeaving(Now now) {
  if (departure_.begun()) return;
  departure_.Begin(now);
  control_.BeginShutdown();
  log_.Info("leaving", {{"connections", std::to_string(hub_.connections())},
                        {"delay", absl::FormatDuration(settings_.departure.delay)},
                        {"drain-timeout", absl::FormatDuration(settings_.departure.drain_timeout)},
                        {"drain-grace", absl::FormatDuration(settings_.departure.drain_grace)}});
  notifier_.Stopping(settings_.departure.delay + settings_.departure.drain_timeout +
                         settings_.control.stop_timeout + kLeeway,
                     absl::StrCat("leaving, with ", hub_.connections(), " connections"));
  Tick(now);
  // Last: without a delay, whoever reads that the node leaves is not let in any more.
  probe_.SetDraining(true);
}

void NodeServer::BeginDrain(Now now, size_t connections) {
  drain_again_ = now + kDrainAgain;
  hub::DrainPlan plan;
  plan.everything = true;
  plan.grace = settings_.departure.drain_grace;
  plan.latest = departure_.GraceEnd();
  plan.reconnect_window = settings_.departure.reconnect_window;
  leaving_.Select(std::move(plan), now,
                  [this, pace = departure_.Pace(connections)](hub::Drain& drain, Now at) {
                    leaving_.Begin(drain, {.per_second = static_cast<double>(pace)}, at);
                  });
}

control::Node::Self NodeServer::Self() const {
  std::string degraded;
  for (const storage::Health& health : {stores_->presence().health(), stores_->broker().health()}) {
    if (health.degraded && degraded.empty()) degraded = health.why;
  }
  const std::string& advertised = settings_.cluster.advertise;
  return {.version = kVersion,
          .control_address = advertised.empty() ? addresses_.control : advertised,
          .connections = hub_.connections(),
          .degraded = std::move(degraded)};
}

// --- The admin port's pages ----------------------------------------------------------------------

admin::Readiness NodeServer::ReadyPage() const {
  return DescribeReadiness({.draining = probe_.draining(),
                            .why = watch_.unreadiness(),
                            .store = StorageName(settings_.storage),
                            .connections = hub_.connections(),
                            .stores = {{"presence", stores_->presence().health()},
                                       {"broker", stores_->broker().health()}}});
}

// --- Stop ----------------------------------------------------------------------------------------

void NodeServer::Leave() {
  home_.Post([this](Now now) { BeginLeaving(now); });
}

void NodeServer::Wait() {
  left_.WaitForNotification();
  Stop();
  log_.Info("stopped");
}

// The reverse of construction. The home thread still hears a second signal while the rest stops,
// and the admin port answers to the end.
void NodeServer::Stop() {
  control_.DrainWorkers();
  control_.Stop();
  edge_->Stop();
  home_.Stop();
  stores_->Stop();
  admin_.Stop();
}

}  // namespace sluice::server
