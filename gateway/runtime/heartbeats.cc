// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/heartbeats.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::runtime {
namespace {

// What one tick may add: more says that the watcher itself did not run.
constexpr absl::Duration kTickMax = absl::Milliseconds(100);

}  // namespace

void Heartbeats::Watch(std::string thread, const LoopProbe& loop) {
  threads_.emplace_back(std::move(thread), loop);
}

void Heartbeats::Tick(Instant now) {
  assert(watcher_.IsCurrent());
  const absl::Duration passed = std::clamp(now - last_, absl::ZeroDuration(), kTickMax);
  last_ = now;
  for (Thread& thread : threads_) {
    const uint64_t beats = thread.loop.beats.value();
    thread.silent = beats == thread.beats ? thread.silent + passed : absl::ZeroDuration();
    thread.beats = beats;
    thread.silent_ms.Set(absl::ToInt64Milliseconds(thread.silent));
  }
}

std::string Heartbeats::Complaint() const {
  assert(watcher_.IsCurrent());
  std::string stuck;
  for (const Thread& thread : threads_) {
    if (thread.silent < options_.stall_timeout) continue;
    absl::StrAppend(&stuck, stuck.empty() ? "" : ", ", thread.name, " has not turned for ",
                    absl::FormatDuration(absl::Floor(thread.silent, absl::Milliseconds(100))));
  }
  return stuck;
}

std::string Heartbeats::Overload() const {
  std::string overloaded;
  for (const Thread& thread : threads_) {
    const int64_t tasks = thread.loop.tasks.value();
    if (tasks < static_cast<int64_t>(options_.tasks_max)) continue;
    absl::StrAppend(&overloaded, overloaded.empty() ? "" : ", ", thread.name, " has ", tasks,
                    " tasks waiting");
  }
  return overloaded;
}

void Heartbeats::Visit(metrics::Visitor& visitor) const {
  for (const Thread& thread : threads_) {
    visitor.Level("thread_silence_seconds",
                  "For how long a thread has not turned; above --stall-timeout it is stuck.",
                  {{"thread", thread.name}}, static_cast<double>(thread.silent_ms.value()) / 1000);
    visitor.Level("thread_tasks", "Tasks that wait for a thread. A rise: it cannot follow.",
                  {{"thread", thread.name}}, static_cast<double>(thread.loop.tasks.value()));
  }
}

}  // namespace sluice::runtime
