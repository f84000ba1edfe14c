// SPDX-License-Identifier: Apache-2.0
//
// Finished lines on their way to a descriptor: a queue that is bounded in bytes, and a thread of
// its own that writes. Nobody waits for whoever reads the log: what does not fit is dropped and
// counted, and once there is room again a notice says how much was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "metrics/probe.h"

namespace sluice::runtime {

class LogWriter final : public metrics::Source {
 public:
  // The line that says how many are missing, with its end. The writer's thread.
  using Notice = std::function<std::string(uint64_t dropped)>;

  // `bytes_max`: of lines that wait or are being written. `fd` stays the caller's.
  LogWriter(int fd, size_t bytes_max, Notice notice);
  // Gives what waits kPatience; a write that hangs beyond that is left behind with its thread.
  ~LogWriter() override;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  static constexpr absl::Duration kPatience = absl::Seconds(1);

  // A line with its end. Any thread.
  void Put(std::string_view line);

  // Waits until nothing waits any more; false: it took too long. Takes no lock, so that it serves
  // in a handler of a signal, too.
  bool Flush(absl::Duration patience) const;

  void Visit(metrics::Visitor& visitor) const override;

 private:
  struct State;
  static void Run(State& state, int fd, const Notice& notice);

  std::shared_ptr<State> state_;  // with the thread, which may have to be left behind
  std::thread thread_;
};

}  // namespace sluice::runtime
