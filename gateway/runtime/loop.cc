// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/loop.h"

#include <pthread.h>
#include <signal.h>
#include <cassert>

#include <boost/asio/post.hpp>
#include <utility>

namespace sluice::runtime {
namespace {

// Enough that a flush gathers what belongs together, few enough that it does not wait for long.
constexpr int kHandlersPerTurn = 256;
// At the end: every handler that was cancelled gets its word, and what keeps posting is cut.
constexpr int kLastHandlers = 1 << 20;

// OpenSSL writes with write(), which has no MSG_NOSIGNAL.
void BlockSigPipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

Loop::Loop()
    : context_(std::make_unique<boost::asio::io_context>(1)),
      tick_(std::make_unique<boost::asio::steady_timer>(*context_)) {}

Loop::~Loop() { Stop(); }

Now Loop::ReadClock() {
  assert(checker_.IsCurrent());
  now_ = ReadClocks();
  now_is_fresh_ = true;
  client_->OnClock(now_);
  return now_;
}

Now Loop::Now() {
  assert(checker_.IsCurrent());
  return now_is_fresh_ ? now_ : ReadClock();
}

void Loop::Post(Task task) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return;
  probe_.tasks.Add(1);
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) boost::asio::post(*context_, [this] { RunTasks(); });
}

void Loop::RunTasks() {
  std::vector<Task> batch;
  {
    absl::MutexLock lock(&mutex_);
    batch.swap(tasks_);
  }
  for (Task& task : batch) {
    if (!running_) return;
    probe_.tasks.Add(-1);
    task(Now());
    task = nullptr;
  }
}

void Loop::Start(LoopClient& client, const std::string& name) {
  client_ = &client;
  thread_ = std::thread([this, name] { Run(name); });
}

void Loop::Run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  BlockSigPipe();
  ArmTick();
  while (running_) Turn();
  Finish();
}

void Loop::Turn() {
  now_is_fresh_ = false;
  context_->run_one();
  for (int i = 1; running_ && i < kHandlersPerTurn && context_->poll_one(); ++i) {
  }
  client_->OnTurn();
}

void Loop::ArmTick() {
  tick_->expires_after(kTick);
  tick_->async_wait([this](boost::system::error_code error) {
    if (error) return;
    probe_.beats.Add();
    client_->OnTick(Now());
    ArmTick();
  });
}

void Loop::Finish() {
  tick_->cancel();
  client_->OnStop(ReadClock());
  for (int i = 0; i < kLastHandlers && context_->poll_one(); ++i) {
  }
  client_->OnTurn();
}

void Loop::StopThread() {
  if (!thread_.joinable()) return;
  Post([this](sluice::Now) { running_ = false; });
  thread_.join();
}

void Loop::Stop() {
  StopThread();
  std::vector<Task> left;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    left.swap(tasks_);
  }
  left.clear();
  tick_.reset();
  context_.reset();
}

}  // namespace sluice::runtime
