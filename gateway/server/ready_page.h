// SPDX-License-Identifier: Apache-2.0
//
// What /readyz says, as a value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/admin/pages.h"
#include "storage/health.h"

namespace sluice::server {

struct NodeState {
  bool draining = false;
  std::string why{};  // no new client should come; empty: nothing is in the way
  std::string store;  // which one, as in --storage
  size_t connections = 0;
  struct Store {
    std::string name;
    storage::Health health;
  };
  std::vector<Store> stores;
};

// A store that is degraded is told, but does not make the node unready: it is the same store for
// all nodes, and with all of them unready nobody would be served.
admin::Readiness DescribeReadiness(const NodeState& state);

}  // namespace sluice::server
