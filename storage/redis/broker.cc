// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/broker.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/redis/broker_core.h"

namespace sluice::storage::redis {

namespace {
// What a payload costs besides itself, in the envelope and in memory: about so many bytes.
constexpr size_t kEnvelopeBytes = 256;
}  // namespace

std::string MailboxOf(const std::string& node) { return absl::StrCat("m:", node); }
std::string ChannelOf(const std::string& space) { return absl::StrCat("s:", space); }

// --- What any thread may know of the core --------------------------------------------------------

BrokerCore::Load::Load(std::shared_ptr<BrokerProbe> probe, size_t payload_bytes)
    : probe_(std::move(probe)), bytes_(static_cast<int64_t>(payload_bytes + kEnvelopeBytes)) {
  probe_->queued_bytes.Add(bytes_);
}

BrokerCore::Load::~Load() {
  if (probe_ != nullptr) probe_->queued_bytes.Add(-bytes_);
}

void BrokerCore::Post(Executor::Task task) {
  absl::MutexLock lock(&mutex_);
  if (thread_ != nullptr) thread_->Post(std::move(task));
}

void BrokerCore::Close() {
  absl::MutexLock lock(&mutex_);
  thread_->Post([self = shared_from_this()](Now) { self->Stop(); });
  thread_ = nullptr;
}

absl::StatusOr<BrokerCore::Load> BrokerCore::Admit(const std::string& payload) {
  if (absl::Status status = CheckMessageBytes(payload.size(), options.message_bytes);
      !status.ok()) {
    probe->refused_bytes.Add();
    return status;
  }
  const auto queued = static_cast<size_t>(probe->queued_bytes.value());
  if (queued + payload.size() + kEnvelopeBytes > options.queue_bytes) {
    probe->refused_queue.Add();
    return absl::ResourceExhaustedError(
        absl::StrCat("--cluster-queue-bytes: ", queued, " bytes are on their way to Redis"));
  }
  return Load(probe, payload.size());
}

absl::Status BrokerCore::Ask(std::optional<std::string> node, std::string payload,
                             absl::Duration timeout, Executor& home, Broker::Done& done) {
  auto load = Admit(payload);
  if (!load.ok()) return load.status();
  if (static_cast<size_t>(probe->asks.value()) >= options.asks_max) {
    probe->refused_asks.Add();
    return absl::ResourceExhaustedError(
        absl::StrCat("--cluster-asks-max: ", options.asks_max, " asks wait for replies"));
  }
  auto counted = [place = Place(probe), done = std::move(done)](Replies replies, Now now) mutable {
    done(std::move(replies), now);
  };
  Post([self = shared_from_this(), node = std::move(node), payload = std::move(payload), timeout,
        &home, done = Broker::Done(std::move(counted)), load = *std::move(load)](Now now) mutable {
    self->BeginAsk({std::move(node), std::move(payload), now.steady + timeout, std::move(load)},
                   home, std::move(done));
  });
  return absl::OkStatus();
}

std::vector<Incarnation> BrokerCore::SetPeers(const std::vector<Incarnation>& live) {
  absl::flat_hash_map<std::string, std::string> peers;
  for (const Incarnation& one : live) {
    if (one.node != options.node) peers[one.node] = one.epoch;
  }
  std::vector<Incarnation> gone;
  absl::MutexLock lock(&mutex_);
  for (const auto& [node, epoch] : peers_) {
    auto now = peers.find(node);
    if (now == peers.end() || now->second != epoch) gone.push_back({node, epoch});
  }
  peers_ = std::move(peers);
  return gone;
}

std::set<std::string> BrokerCore::peers() const {
  std::set<std::string> names;
  absl::MutexLock lock(&mutex_);
  for (const auto& [node, epoch] : peers_) names.insert(node);
  return names;
}

bool BrokerCore::listening() const {
  absl::MutexLock lock(&mutex_);
  return listening_;
}

Health BrokerCore::health() const {
  absl::MutexLock lock(&mutex_);
  return health_;
}

void BrokerCore::Send(std::string channel, Envelope envelope, Load load) {
  Post([self = shared_from_this(), channel = std::move(channel), envelope = std::move(envelope),
        load = std::move(load)](Now) mutable {
    self->Publish(channel, std::move(envelope), std::move(load));
  });
}

// --- The broker: everything goes to the core's thread --------------------------------------------

RedisBroker::RedisBroker(BrokerOptions options, Thread& thread)
    : core_(std::make_shared<BrokerCore>(std::move(options), thread)) {
  core_->Post([core = core_](Now) { core->Listen(); });
}

RedisBroker::~RedisBroker() { core_->Close(); }

void RedisBroker::SetPeers(const std::vector<Incarnation>& live) {
  core_->Post(
      [core = core_, live, gone = core_->SetPeers(live)](Now) { core->OnPeers(live, gone); });
}

std::function<void(Now)> RedisBroker::ticker() const {
  return [weak = std::weak_ptr(core_)](Now now) {
    if (auto core = weak.lock()) core->Tick(now);
  };
}
bool RedisBroker::listening() const { return core_->listening(); }

void RedisBroker::Serve(Executor& home, Service service) {
  service_ = std::make_shared<Service>(std::move(service));
  core_->Post([core = core_, &home, service = std::weak_ptr(service_)](Now) {
    core->Serve(home, service);
  });
}

std::set<std::string> RedisBroker::peers() const { return core_->peers(); }

absl::Status RedisBroker::AskAll(std::string payload, absl::Duration timeout, Executor& home,
                                 Done done) {
  return core_->Ask(std::nullopt, std::move(payload), timeout, home, done);
}

void RedisBroker::Ask(std::string node, std::string payload, absl::Duration timeout, Executor& home,
                      Done done) {
  if (core_->Ask(node, std::move(payload), timeout, home, done).ok()) return;
  storage::Tell(NeverAsked({std::move(node)}, home, std::move(done)));
}

absl::Status RedisBroker::Tell(const std::string& node, std::string payload) {
  auto load = core_->Admit(payload);
  if (!load.ok()) return load.status();
  if (!core_->peers().contains(node)) {
    return absl::UnavailableError(absl::StrCat("no node ", node, " is alive"));
  }
  Envelope envelope;
  envelope.mutable_told();
  envelope.set_payload(std::move(payload));
  core_->Send(MailboxOf(node), std::move(envelope), *std::move(load));
  return absl::OkStatus();
}

absl::Status RedisBroker::Say(const std::string& space, std::string payload) {
  auto load = core_->Admit(payload);
  if (!load.ok()) return load.status();
  Envelope envelope;
  envelope.mutable_said();
  envelope.set_payload(std::move(payload));
  core_->Send(ChannelOf(space), std::move(envelope), *std::move(load));
  return absl::OkStatus();
}

void RedisBroker::Hear(const std::string& space, Executor& home, Heard heard) {
  core_->Post([core = core_, space, &home, heard = std::move(heard)](Now now) mutable {
    core->Hear(space, home, std::move(heard), now);
  });
}

void RedisBroker::Unhear(const std::string& space) {
  core_->Post([core = core_, space](Now) { core->Unhear(space); });
}

Health RedisBroker::health() const { return core_->health(); }
const metrics::Source& RedisBroker::metrics() const { return *core_->probe; }

}  // namespace sluice::storage::redis
