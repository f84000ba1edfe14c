// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/undertaker.h"

#include <algorithm>

#include "absl/random/distributions.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/held_spaces.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/presence_scripts.h"

namespace sluice::storage::redis {
namespace {

constexpr int kSpacesAtOnce = 16;
// Lives of nodes that are known to have been told. A death is told twice (nodes.h), and soon.
constexpr size_t kClosedMax = 1000;

// How many entries a step of the script has found; what it has removed goes to `records`.
absl::StatusOr<int64_t> ReadRemoved(const std::string& space, const absl::StatusOr<Reply>& reply,
                                    std::vector<PresenceRecord>& records) {
  auto parts = reply.ok() ? reply->Elements(2) : reply.status();
  if (!parts.ok()) return parts.status();
  for (const Reply& member : (*parts)[1].elements) {
    if (auto record = RecordOf(space, member.text); record.ok()) {
      records.push_back(*std::move(record));
    }
  }
  return (*parts)[0].Integer();
}

}  // namespace

bool Undertaker::Bury(const std::string& node, const std::string& epoch) {
  auto same = [&](const Grave& grave) { return grave.node == node && grave.epoch == epoch; };
  if (std::any_of(graves_.begin(), graves_.end(), same)) return false;
  graves_.push_back({.node = node, .epoch = epoch});
  Look(std::prev(graves_.end()));
  return !Closed({node, epoch});
}

// Some of its namespaces, at random: others are at it as well. Those that are done leave the set,
// which is gone when it is empty.
void Undertaker::Look(GravePtr grave) {
  grave->again = Instant::Future();
  grave->failed = false;
  grave->under_way = 1;
  context_.client.Execute("SRANDMEMBER", HeldSpaces::KeyOf(grave->node, grave->epoch),
                          {absl::StrCat(kSpacesAtOnce)},
                          [this, grave](const absl::StatusOr<Reply>& reply) {
                            auto spaces = reply.ok() ? reply->Elements() : reply.status();
                            if (spaces.ok() && spaces->empty()) {
                              return Close(grave);
                            }
                            grave->failed = !spaces.ok();
                            if (spaces.ok()) {
                              for (const Reply& space : *spaces) Remove(grave, space.text);
                            }
                            Done(grave);
                          });
}

void Undertaker::Remove(GravePtr grave, const std::string& space) {
  ++grave->under_way;
  std::vector<std::string> args = context_.Args();
  args.push_back(Escape(grave->node));
  args.push_back(grave->epoch + ".");  // all generations
  args.push_back(grave->epoch + "/");
  context_.client.Run(BuryRecordsScript(), SpaceKey(space), std::move(args),
                      [this, grave, space](const absl::StatusOr<Reply>& reply) {
                        Presence::Burial burial{.node = grave->node};
                        auto removed = ReadRemoved(space, reply, burial.records);
                        if (!burial.records.empty()) told_(burial);
                        if (!removed.ok()) {
                          grave->failed = true;
                        } else if (*removed < kBuryMax) {
                          Forget(grave, space);
                        } else {
                          Remove(grave, space);
                        }
                        Done(grave);
                      });
}

void Undertaker::Forget(GravePtr grave, const std::string& space) {
  ++grave->under_way;
  context_.client.Execute("SREM", HeldSpaces::KeyOf(grave->node, grave->epoch), {space},
                          [this, grave](const absl::StatusOr<Reply>& reply) {
                            grave->failed |= !reply.ok();
                            Done(grave);
                          });
}

void Undertaker::Done(GravePtr grave) {
  if (--grave->under_way > 0) return;
  if (!grave->failed) return Look(grave);
  grave->again = context_.now + absl::Milliseconds(absl::Uniform(context_.random, 200, 500));
}

void Undertaker::Close(GravePtr grave) {
  std::pair<std::string, std::string> life(grave->node, grave->epoch);
  graves_.erase(grave);
  if (Closed(life)) return;
  told_({.node = life.first, .records = {}, .last = true});
  closed_.push_back(std::move(life));
  if (closed_.size() > kClosedMax) closed_.pop_front();
}

bool Undertaker::Closed(const std::pair<std::string, std::string>& life) const {
  return std::find(closed_.begin(), closed_.end(), life) != closed_.end();
}

void Undertaker::Tick() {
  for (auto grave = graves_.begin(); grave != graves_.end(); ++grave) {
    if (context_.now >= grave->again && grave->under_way == 0) Look(grave);
  }
}

}  // namespace sluice::storage::redis
