// SPDX-License-Identifier: Apache-2.0
#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/holdings.h"
#include "storage/redis/presence_scripts.h"

namespace sluice::storage::redis {
namespace {

// One script holds Redis up for a few ms at most; a few are under way, so that the way to Redis
// does not count.
constexpr size_t kBatchRecords = 250;
constexpr size_t kBatchBytes = 256 << 10;
constexpr size_t kBatchesMax = 8;

constexpr absl::Duration kIdleTime = absl::Seconds(1);

}  // namespace

void Holdings::ClaimAll(bool anew) {
  if (anew) {
    ++context_.generation;
    spaces_noted_.Reset();
  }
  for (auto& [name, space] : spaces_) {
    for (const auto& [id, holding] : space.held) dirty_ += space.dirty.insert(id).second ? 1 : 0;
    if (!space.dirty.empty()) Repair(name);
  }
  // Not all nodes at once.
  repair_at_ = context_.now + absl::Milliseconds(absl::Uniform(context_.random, 0, 100));
}

void Holdings::ClaimAgain(const std::string& space, const std::string& id) {
  if (FindRecord({space, id}) != nullptr) MarkDirty(space, id);
}

void Holdings::MarkDirty(const std::string& space, const std::string& id) {
  if (spaces_[space].dirty.insert(id).second) ++dirty_;
  Repair(space);
}

void Holdings::Clean(Space& space, const std::string& id) { dirty_ -= space.dirty.erase(id); }

void Holdings::Repair(const std::string& space) {
  if (std::exchange(spaces_[space].queued, true)) return;
  repairs_.push_back(space);
}

// Whoever had the id until then may be on any node, and nobody can say who it was: Redis knows only
// the one that took it.
void Holdings::Dispute(const std::string& space, const Session& session, ClaimPolicy policy) {
  if (policy != ClaimPolicy::kReject) spaces_[space].disputed.insert(session);
}

void Holdings::EndDisputes(const std::string& name, const Batch& settled) {
  Space& space = spaces_[name];
  std::vector<std::string> ids;
  for (const Session& session : settled) {
    if (space.disputed.erase(session) > 0) ids.push_back(session.first);
  }
  if (ids.empty()) return;
  context_.probe.disputed.Add(ids.size());
  ports_.disputed(name, ids);
}

void Holdings::Pause() {
  repair_at_ = context_.now + absl::Milliseconds(absl::Uniform(context_.random, 100, 300));
}

void Holdings::Pump() {
  while (batches_ < kBatchesMax && !repairs_.empty() && context_.now >= repair_at_ &&
         context_.nodes.registered()) {
    const std::string name = std::move(repairs_.front());
    repairs_.pop_front();
    Space& space = spaces_[name];
    space.queued = false;
    Batch doubtful;
    while (!space.doubtful.empty() && doubtful.size() < kBatchRecords) {
      doubtful.push_back(space.doubtful.extract(space.doubtful.begin()).value());
    }
    if (!doubtful.empty()) SendRelease(name, std::move(doubtful));
    if (space.dirty.empty()) continue;
    ++batches_;
    ++space.under_way;
    spaces_noted_.With(name, [this, name](const absl::Status& status) {
      if (status.ok()) return SendReclaim(name);
      --batches_;
      Repair(name);
      Pause();
      Done(name);
    });
  }
}

void Holdings::SendReclaim(const std::string& name) {
  Space& space = spaces_[name];
  std::vector<std::string> args = context_.Args();
  Batch batch;
  size_t bytes = 0;
  while (!space.dirty.empty() && batch.size() < kBatchRecords && bytes < kBatchBytes) {
    const std::string id = *space.dirty.begin();
    Clean(space, id);
    Holding& holding = space.held[id];
    holding.changed = holding.telling++ > 0;  // those may be carried out after this
    batch.emplace_back(id, holding.record.session);
    args.push_back(PolicyArg(holding.policy));
    args.push_back(MemberOf(holding.record, context_.Mark()));
    bytes += args.back().size();
  }
  flying_ += batch.size();
  if (!space.dirty.empty() || !space.doubtful.empty()) Repair(name);
  context_.client.Run(ReclaimScript(), SpaceKey(name), std::move(args),
                      [this, name, batch](const absl::StatusOr<Reply>& reply) {
                        --batches_;
                        flying_ -= batch.size();
                        OnReclaimed(name, batch, reply);
                        Done(name);
                        Pump();
                      });
}

void Holdings::OnReclaimed(const std::string& space, const Batch& batch,
                           const absl::StatusOr<Reply>& reply) {
  SettleAll(space, batch, reply);
  for (const auto& [id, session] : batch) OnTold({space, id}, session);
}

void Holdings::SettleAll(const std::string& space, const Batch& batch,
                         const absl::StatusOr<Reply>& reply) {
  auto parts = reply.ok() ? reply->Elements(1 + 2 * batch.size()) : reply.status();
  if (!parts.ok()) {
    for (const auto& [id, session] : batch) {
      const Holding* holding = Find(space, id, session);
      Dispute(space, {id, session}, holding != nullptr ? holding->policy : ClaimPolicy::kTakeover);
      if (holding != nullptr) {
        MarkDirty(space, id);
      } else {
        spaces_[space].doubtful.insert({id, session});
        Repair(space);
      }
    }
    return Pause();
  }
  Changed(space, (*parts)[0].text);
  for (size_t i = 0; i < batch.size(); ++i) {
    Settle(space, batch[i], (*parts)[1 + 2 * i].integer, (*parts)[2 + 2 * i].text);
  }
  EndDisputes(space, batch);
}

void Holdings::Settle(const std::string& space, const Session& session, int64_t result,
                      const std::string& holder) {
  if (result != 2) context_.probe.claimed_again.Add();
  // It was given up meanwhile, and that may have overtaken this: a script that Redis does not know
  // is sent once more.
  const bool held = Find(space, session.first, session.second) != nullptr;
  if (result != 2 && !held) SendRelease(space, {session});
  if (result == 1) {
    auto theirs = RecordOf(space, holder);
    if (theirs.ok() && theirs->node != context_.nodes.name()) ports_.taken(*theirs, true);
  } else if (result == 2) {
    OnTaken({space, session.first}, session.second, /*settled=*/true);
  }
}

void Holdings::Tick() {
  while (!late_.empty() && context_.now >= late_.front().first) {
    ports_.lost(late_.front().second);
    late_.pop_front();
  }
  Pump();
  if (context_.now < drop_at_) return;
  drop_at_ = context_.now + kIdleTime;
  DropIdle();
}

}  // namespace sluice::storage::redis
