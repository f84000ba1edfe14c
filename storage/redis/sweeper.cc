// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/sweeper.h"

#include <utility>

#include "absl/random/distributions.h"
#include "storage/redis/held_spaces.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/presence_scripts.h"

namespace sluice::storage::redis {
namespace {

constexpr size_t kAtOnce = 16;

}  // namespace

void Sweeper::Tick() {
  if (under_way_ > 0 || context_.now < again_ || swept_ == context_.Mark()) return;
  if (context_.nodes.registered() && ready_()) Look();
}

void Sweeper::Look() {
  mark_ = context_.Mark();
  failed_ = false;
  under_way_ = 1;
  context_.client.Execute("SMEMBERS",
                          HeldSpaces::KeyOf(context_.nodes.name(), context_.nodes.epoch()), {},
                          [this](const absl::StatusOr<Reply>& reply) {
                            auto noted = reply.ok() ? reply->Elements() : reply.status();
                            if (noted.ok()) {
                              todo_ = spaces_();
                              for (const Reply& space : *noted) todo_.push_back(space.text);
                            }
                            Done(noted.ok());
                          });
}

void Sweeper::Remove(const std::string& space) {
  ++under_way_;
  const std::string& epoch = context_.nodes.epoch();
  std::vector<std::string> args = context_.Args();
  args.push_back(Escape(context_.nodes.name()));
  args.push_back(epoch + ".");
  args.push_back(mark_);
  context_.client.Run(BuryRecordsScript(), SpaceKey(space), std::move(args),
                      [this, space](const absl::StatusOr<Reply>& reply) {
                        auto parts = reply.ok() ? reply->Elements(2) : reply.status();
                        auto removed = parts.ok() ? (*parts)[0].Integer() : parts.status();
                        if (removed.ok() && *removed == kBuryMax) todo_.push_back(space);
                        Done(removed.ok());
                      });
}

void Sweeper::Done(bool ok) {
  --under_way_;
  failed_ |= !ok;
  if (failed_ || mark_ != context_.Mark()) todo_.clear();  // from the beginning
  while (under_way_ < kAtOnce && !todo_.empty()) {
    const std::string space = std::move(todo_.back());
    todo_.pop_back();
    Remove(space);
  }
  if (under_way_ > 0) return;
  if (failed_) {
    again_ = context_.now + absl::Milliseconds(absl::Uniform(context_.random, 200, 500));
  } else {
    swept_ = mark_;
  }
}

}  // namespace sluice::storage::redis
