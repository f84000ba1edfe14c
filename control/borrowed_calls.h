// SPDX-License-Identifier: Apache-2.0
//
// Calls of this node that workers of other nodes have, by the numbers that those call them. Numbers
// are unique in the life of this node, and of one that is not in the book nothing is believed.
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "gateway/hub/types.h"

namespace sluice::control {

class BorrowedWorker;

class BorrowedCalls {
 public:
  struct Call {
    hub::CallKey key;
    std::shared_ptr<BorrowedWorker> worker;
  };
  struct Numbered {
    uint64_t number = 0;
    Call call;
  };

  // Never 0.
  uint64_t Begin(Call call);
  // A number of no call.
  uint64_t Skip();
  // It is over. Nothing if it was already, or if it is not that node's.
  std::optional<Call> End(uint64_t number, const std::string& node);
  // All that a node has, in the order in which they were begun; an empty name: any node.
  std::vector<Numbered> EndAll(const std::string& node);
  size_t size() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::control
