// SPDX-License-Identifier: Apache-2.0
//
// What ended the process, if it was neither a signal to stop nor its own decision: the log's last
// line. An exception that nobody caught, an assert that fails, a signal that means a fault (and a
// core, as before), or a library that gives up. Only glibc still says something of its own ahead of
// it, about a heap or a stack that was spoiled.
//
//   error terminated cause=std::out_of_range says=map::at thread=shard-1
//   error terminated cause=SIGSEGV says="" thread=home
//
// For the whole process. The line goes to stderr itself, behind what waits in the log's queue, and
// holds the end up for half a second at most.
#pragma once

#include <string_view>

#include "gateway/runtime/log.h"

namespace sluice::server {

class LastWords {
 public:
  // One at a time. `log` writes to `fd`; both outlive it. A signal that already has a handler (a
  // sanitizer's) keeps it.
  LastWords(const runtime::Log& log, int fd);
  // What ends the process from now on is not told.
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  // For whoever ends the process right behind it. The first words are the last: later ones are
  // mute.
  static void Say(std::string_view cause, std::string_view says);
};

}  // namespace sluice::server
