// SPDX-License-Identifier: Apache-2.0
#include "control/drain_shares.h"

#include "absl/time/time.h"
#include "text/utf8.h"

namespace sluice::control {

hub::Pace DrainShares::pace() const {
  double total = 0;
  double before = 0;  // of nodes whose names come first
  double own = 0;
  for (const auto& [node, matched] : matched_) {
    if (node < self_) before += static_cast<double>(matched);
    if (node == self_) own = static_cast<double>(matched);
    total += static_cast<double>(matched);
  }
  if (own == 0) return {.per_second = per_second_};  // there is nothing to close
  const double per_second = per_second_ * own / total;
  return {.per_second = per_second, .first = absl::Seconds(before / total / per_second)};
}

bool DrainShares::Drop(const std::string& node) {
  auto found = matched_.find(node);
  if (found == matched_.end() || node == self_) return false;
  lost_.insert(matched_.extract(found));
  return true;
}

void AddLost(const std::map<std::string, uint64_t>& nodes, v1::Drain& drain) {
  for (const auto& [node, matched] : nodes) {
    v1::Drain::Lost& lost = *drain.add_lost();
    lost.set_node(text::ToUtf8(node));
    lost.set_matched(matched);
    drain.set_matched(drain.matched() + matched);
  }
}

v1::Drain OwnPart(v1::Drain drain) {
  for (const v1::Drain::Lost& lost : drain.lost()) {
    drain.set_matched(drain.matched() - lost.matched());
  }
  drain.clear_lost();
  return drain;
}

}  // namespace sluice::control
