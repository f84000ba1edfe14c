// SPDX-License-Identifier: Apache-2.0
//
// What a whole benchmark found, as Markdown and as JSON, and whether it is good enough.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/bench/scenarios.h"

namespace sluice::bench {

struct Results {
  size_t connections = 0;
  int shards = 0;
  double rate = 0;  // messages a second, of the paced runs
  double seconds = 0;
  size_t repeats = 0;
  double load_before = 0;

  Run raw_paced;
  Run raw_gathered;  // the frames of a write of `saturated`
  Run paced;
  Run saturated;

  struct Calls {
    size_t in_flight = 0;
    Run run;
  };
  std::vector<Calls> calls;

  struct Named {
    std::string what;
    Footprint footprint;
    bool judged = true;
  };
  std::vector<Named> memory;
};

// A figure to meet.
struct Goal {
  std::string what;
  double most = 0;
  double measured = 0;
  bool met() const { return measured <= most; }
};

// Costs are judged as multiples of the raw send(); `tolerance` (0.15: 15%) is added to those, not
// to the memory, which no noise changes.
std::vector<Goal> GoalsOf(const Results& results, double tolerance);

void PrintMarkdown(const Results& results, const std::vector<Goal>& goals, std::ostream& out);
nlohmann::json ToJson(const Results& results, const std::vector<Goal>& goals);

}  // namespace sluice::bench
