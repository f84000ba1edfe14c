// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/held_spaces.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::storage::redis {

std::string HeldSpaces::KeyOf(std::string_view node, std::string_view epoch) {
  return absl::StrCat("spaces:", std::string(epoch), ":", std::string(node));
}

void HeldSpaces::With(const std::string& space, Ready ready) {
  auto [it, inserted] = spaces_.try_emplace(space);
  if (it->second.state == State::kNoted) return ready(absl::OkStatus());
  it->second.waiting.push_back(std::move(ready));
  if (inserted) Note(space);
}

void HeldSpaces::Note(const std::string& space) {
  context_.client.Execute("SADD", KeyOf(context_.nodes.name(), context_.nodes.epoch()), {space},
                          [this, space, reset = resets_](const absl::StatusOr<Reply>& reply) {
                            if (reset == resets_) OnNoted(space, reply.status());
                          });
}

void HeldSpaces::OnNoted(const std::string& space, const absl::Status& status) {
  auto found = spaces_.find(space);
  if (found == spaces_.end()) return;
  std::vector<Ready> waiting = std::exchange(found->second.waiting, {});
  if (status.ok()) {
    found->second.state = State::kNoted;
  } else {
    spaces_.erase(found);
  }
  for (Ready& ready : waiting) ready(status);
}

void HeldSpaces::Drop(const std::string& space) {
  auto found = spaces_.find(space);
  if (found == spaces_.end() || found->second.state != State::kNoted) return;
  found->second.state = State::kDropping;
  context_.client.Execute("SREM", KeyOf(context_.nodes.name(), context_.nodes.epoch()), {space},
                          [this, space, reset = resets_](const absl::StatusOr<Reply>&) {
                            if (reset == resets_) OnDropped(space);
                          });
}

// Somebody may have come meanwhile.
void HeldSpaces::OnDropped(const std::string& space) {
  auto found = spaces_.find(space);
  if (found == spaces_.end()) return;
  if (found->second.waiting.empty()) {
    spaces_.erase(found);
  } else {
    found->second.state = State::kNoting;
    Note(space);
  }
}

void HeldSpaces::Reset() {
  ++resets_;
  absl::erase_if(spaces_, [](const auto& item) { return item.second.waiting.empty(); });
  for (auto& [space, noting] : spaces_) {
    noting.state = State::kNoting;
    Note(space);
  }
}

}  // namespace sluice::storage::redis
