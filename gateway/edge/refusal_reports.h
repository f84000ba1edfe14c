// SPDX-License-Identifier: Apache-2.0
//
// What a person should read about clients that were not let in as they wished. A browser tells its
// user nothing of it, so the log is where to look.
#pragma once

#include <string>
#include <string_view>

namespace sluice::edge {

struct RefusedClient {
  std::string_view reason;  // as the metric's label: "origin"
  std::string client;       // where it is
  std::string_view target;  // what it asked for; empty: it did not come so far
  std::string what;         // what of it was not accepted: an origin, a version; may be empty
  std::string_view hint;    // which option would let it in; empty: none
  std::string_view trace;   // the id of the trace that it came with; empty: none
};

// Thread-safe; called for each client, so whoever writes them down bounds how often.
class RefusalReports {
 public:
  virtual ~RefusalReports() = default;
  virtual void Refused(const RefusedClient& refused) = 0;
};

}  // namespace sluice::edge
