// SPDX-License-Identifier: Apache-2.0
//
// One thread with its own io_context, turning: ready handlers, a bounded number of them; then
// whatever the owner does once a turn. Tasks from other threads wait in a queue of their own, so
// that a burst of them wakes the thread once, and so that what is left at the end is destroyed
// instead of run.
//
// This header includes Asio: include it in .cc files and in headers internal to a room.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/runtime/loop_probe.h"
#include "storage/executor.h"
#include "storage/thread_checker.h"

namespace sluice::runtime {

// What the loop's owner does, all on the loop's thread.
class LoopClient {
 public:
  virtual ~LoopClient() = default;
  virtual void OnClock(sluice::Now now) = 0;  // a turn's time is known
  virtual void OnTick(sluice::Now now) = 0;   // every Loop::kTick
  virtual void OnTurn() = 0;                  // the turn's handlers have run
  virtual void OnStop(sluice::Now now) = 0;   // the last call but for OnTurn: close everything
};

class Loop {
 public:
  using Task = storage::Executor::Task;
  static constexpr auto kTick = std::chrono::milliseconds(20);

  Loop();
  ~Loop();  // stops
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Until Stop has returned.
  boost::asio::io_context& context() { return *context_; }

  // Loop thread only. The same throughout a turn.
  sluice::Now Now();
  // Loop thread only: a fresh look at the clock, which becomes the turn's time.
  sluice::Now ReadClock();

  // Any thread.
  void Post(Task task);

  // Any thread.
  const LoopProbe& probe() const { return probe_; }

  void Start(LoopClient& client, const std::string& name);

  // Not on the loop's thread. OnStop is called, and the thread ends.
  void StopThread();
  // Then: what is left, tasks and handlers, is destroyed unrun, and the io_context with them; what
  // else belongs to it must be gone already.
  void Stop();

 private:
  void Run(const std::string& name);
  void Turn();
  void RunTasks();
  void ArmTick();
  void Finish();

  [[no_unique_address]] ThreadChecker checker_;
  LoopProbe probe_;
  sluice::Now now_;
  bool now_is_fresh_ = false;
  bool running_ = true;
  LoopClient* client_ = nullptr;

  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<boost::asio::steady_timer> tick_;
  std::thread thread_;

  absl::Mutex mutex_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::runtime
