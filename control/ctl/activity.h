// SPDX-License-Identifier: Apache-2.0
//
// What happened since it was last asked, by node and by namespace: filled by one thread, taken by
// another.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "sluice/v1/control.pb.h"

namespace sluice::ctl {

struct Happened {
  uint64_t opened = 0;
  uint64_t closed = 0;
  uint64_t refused = 0;
  uint64_t joined = 0;
};

class Activity {
 public:
  void Add(const v1::WatchEventsResponse& message);

  using ByName = std::map<std::string, Happened>;
  struct Both {
    ByName nodes;
    ByName spaces;
    uint64_t lost = 0;  // events that are in neither
  };
  // Begins anew.
  Both Take();

 private:
  std::mutex mutex_;
  Both both_;
};

}  // namespace sluice::ctl
