// SPDX-License-Identifier: Apache-2.0
//
// What keeps the node from being ready, by subject, and its lines in the log: one when it begins,
// one a minute while it lasts, one when it is over; never more than one in ten seconds about a
// subject that comes and goes.
//
// One thread.
#pragma once

#include <map>
#include <string>

#include "gateway/runtime/log.h"
#include "storage/thread_checker.h"
#include "storage/time.h"

namespace sluice::server {

class Complaints {
 public:
  explicit Complaints(const runtime::Log& log) : log_(log) {}

  // `why` is empty while nothing is wrong.
  void Update(const std::string& subject, const std::string& why, Instant now);

  // All that is wrong, one line; empty: nothing.
  std::string Text() const;

 private:
  struct Subject {
    std::string why;
    bool told = false;  // that it is wrong
    Instant next = Instant::Past();
  };

  [[no_unique_address]] ThreadChecker thread_;
  const runtime::Log& log_;
  std::map<std::string, Subject> subjects_;
};

}  // namespace sluice::server
