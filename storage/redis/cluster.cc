// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/cluster.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {
namespace {

// How much more seldom a table is asked for that nobody doubts.
constexpr int kSeldom = 30;
// How many intervals a server is kept that serves nothing: it may be asked while slots move there.
constexpr int kKept = 30;

}  // namespace

Cluster::Cluster(Context& context, Router::User& user, Subscriber::User& listener)
    : context_(context), user_(user), listener_(listener), owners_(kSlots, nullptr) {}

void Cluster::Start() {
  for (const Address& address : context_.options.url.addresses) At(address);
}

void Cluster::Stop() {
  for (auto& [address, member] : members_) member.server->Stop();
}

Server* Cluster::At(const Address& address) {
  Member& member = members_[address];
  member.used = context_.loop.Now();
  if (!member.server) {
    member.server = std::make_unique<Server>(
        context_, Role::kMember, [address](Found found) { found(address); }, /*sharded=*/true,
        static_cast<Server::User&>(*this), listener_);
    member.server->Start();
  }
  return member.server.get();
}

void Cluster::Tick(Instant now) {
  gone_.clear();
  std::vector<Server*> servers;
  for (auto& [address, member] : members_) servers.push_back(member.server.get());
  for (Server* server : servers) server->Tick(now);
  LetGo(now);
  if (!asking_ && now >= not_before_ && (doubtful_ || now >= at_last_)) Ask(now);
}

void Cluster::LetGo(Instant now) {
  absl::Duration kept = context_.options.topology_interval * kKept;
  for (auto it = members_.begin(); it != members_.end();) {
    Member& member = it->second;
    if (member.slots > 0 || now - member.used < kept) {
      ++it;
      continue;
    }
    member.server->Stop();
    gone_.push_back(std::move(member.server));
    it = members_.erase(it);
  }
}

void Cluster::Ask(Instant now) {
  std::vector<Server*> ready;
  for (auto& [address, member] : members_) {
    if (member.server->commands() != nullptr) ready.push_back(member.server.get());
  }
  if (ready.empty()) return Start();  // with what the URL says
  Server& asked = *ready[absl::Uniform(context_.random, size_t{0}, ready.size())];
  absl::Duration pause =
      context_.options.topology_interval * absl::Uniform(context_.random, 0.8, 1.2);
  not_before_ = now + pause;
  at_last_ = now + pause * kSeldom;
  asking_ = true;
  doubtful_ = false;
  context_.probe.topology_asked.Add();
  asked.commands()->Send(
      {"CLUSTER", "SLOTS"}, now + context_.options.command_timeout,
      [this, from = *asked.address()](const absl::StatusOr<Reply>& r) { OnSlots(from, r); });
}

void Cluster::OnSlots(const Address& from, const absl::StatusOr<Reply>& reply) {
  asking_ = false;
  absl::StatusOr<std::vector<SlotRange>> ranges =
      reply.ok() ? ParseSlots(*reply, from.host)
                 : absl::StatusOr<std::vector<SlotRange>>(reply.status());
  // A server that knows of no slots has not met the others yet.
  if (!ranges.ok() || ranges->empty()) return Doubt();
  Adopt(*ranges);
}

void Cluster::Adopt(const std::vector<SlotRange>& ranges) {
  std::set<Address> masters;
  std::vector<Member*> owners(kSlots, nullptr);
  for (const SlotRange& range : ranges) {
    At(range.owner);
    masters.insert(range.owner);
    std::fill(owners.begin() + range.first, owners.begin() + range.last + 1,
              &members_.find(range.owner)->second);
  }
  bool moved = false;
  for (int slot = 0; slot < kSlots; ++slot) {
    moved |= SetOwner(static_cast<uint16_t>(slot), owners[slot]);
    doubtful_ |= owners[slot] == nullptr;
  }
  // Slots that were handed over have lost nothing. But who serves none any more has probably
  // failed, and what it acknowledged last may not have reached its heir.
  bool failed = masters_.empty() ||
                !std::includes(masters.begin(), masters.end(), masters_.begin(), masters_.end());
  masters_ = std::move(masters);
  if (moved) user_.OnSlotsMoved();
  if (failed) user_.OnNewMaster();
}

bool Cluster::SetOwner(uint16_t slot, Member* member) {
  Server* server = member == nullptr ? nullptr : member->server.get();
  Server* before = std::exchange(owners_[slot], server);
  if (before == server) return false;
  if (member != nullptr) ++member->slots;
  if (before == nullptr) return true;
  for (auto& [address, other] : members_) {
    if (other.server.get() != before) continue;
    --other.slots;
    other.used = context_.loop.Now();
  }
  return true;
}

void Cluster::Learn(uint16_t slot, const Address& address) {
  At(address);
  if (SetOwner(slot, &members_.find(address)->second)) user_.OnSlotsMoved();
  Doubt();
}

void Cluster::OnServerReady(Server& server, bool fresh) {
  for (auto& [address, member] : members_) {
    if (fresh && member.server.get() == &server && member.slots > 0) user_.OnNewMaster();
  }
}

absl::Status Cluster::trouble() const {
  for (const auto& [address, member] : members_) {
    absl::Status trouble = member.server->trouble();
    if (trouble.ok() || (member.slots == 0 && !masters_.empty())) continue;
    return absl::UnavailableError(absl::StrCat(ToString(address), ": ", trouble.message()));
  }
  auto missing = std::count(owners_.begin(), owners_.end(), nullptr);
  if (missing == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the servers of ", missing, " slots are not known"));
}

}  // namespace sluice::storage::redis
