// SPDX-License-Identifier: Apache-2.0
//
// How the nodes of a drain share its pace: each has a part of it in proportion to what matched
// there, and their first closes are spread, so that no two nodes close at the same moment. Each
// node reckons this by itself from what all are told at the beginning. When a node is gone, the
// others share its part in the same way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "gateway/hub/pacer.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class DrainShares {
 public:
  DrainShares() = default;
  // `matched` by node, `self` among them; `per_second` of all.
  DrainShares(std::string self, uint32_t per_second, std::map<std::string, uint64_t> matched)
      : self_(std::move(self)), per_second_(per_second), matched_(std::move(matched)) {}

  // This node's part.
  hub::Pace pace() const;

  // That node is gone; this one never is. False: it had no part.
  bool Drop(const std::string& node);

  // What matched on nodes that are gone.
  const std::map<std::string, uint64_t>& lost() const { return lost_; }

 private:
  std::string self_;
  double per_second_ = 1;
  std::map<std::string, uint64_t> matched_;
  std::map<std::string, uint64_t> lost_;
};

// What was lost is part of the drain as a whole, but not of what one node has of it.
void AddLost(const std::map<std::string, uint64_t>& nodes, v1::Drain& drain);
v1::Drain OwnPart(v1::Drain drain);

}  // namespace sluice::control
