// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says that a process, or the machine, has used.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sluice::bench {

// Seconds of CPU, user and system, of all threads a process has and had; exact to the nanosecond.
double CpuSeconds(pid_t pid);

// Seconds that all cores together spent on nothing; exact to a clock tick.
double IdleSeconds();
double WallSeconds();
int Cores();

// The one-minute load average.
double Load();

// Of the resident pages, those that are no file: what was allocated. (The proportional share would
// change whenever another gateway starts or ends that has the same libraries.)
struct Memory {
  uint64_t rss_bytes = 0;
  uint64_t anonymous_bytes = 0;
};
Memory MemoryOf(pid_t pid);

// The value of a "Name:   123 kB" line of /proc text, in bytes; 0 if there is none.
uint64_t ParseKilobytes(const std::string& text, const std::string& name);

// What was used between two moments.
struct Usage {
  double seconds = 0;
  double server_cpu = 0;     // seconds
  double generator_cpu = 0;  // seconds, this process
  double idle = 0;           // seconds, over all cores

  // Cores that everybody else had meanwhile.
  double others() const;
};

// Looks at a server, this process and the machine now, and again at Stop.
class Stopwatch {
 public:
  explicit Stopwatch(pid_t server);
  Usage Stop() const;

 private:
  pid_t server_;
  double wall_;
  double server_cpu_;
  double own_cpu_;
  double idle_;
};

}  // namespace sluice::bench
