// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/home_thread.h"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <optional>
#include <utility>

#include "gateway/runtime/loop.h"

namespace sluice::runtime {
namespace {

// For the calling thread, and for those that it starts from then on.
void MaskSignals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, LeaveSignal()}) sigaddset(&signals, signal);
  pthread_sigmask(how, &signals, nullptr);
}

const std::function<void()>& HandlerOf(int signal, const SignalHandlers& handlers) {
  if (signal == SIGHUP) return handlers.reload;
  return signal == LeaveSignal() ? handlers.leave : handlers.stop;
}

void LetSignalsIn() { MaskSignals(SIG_UNBLOCK); }

using Error = boost::system::error_code;

}  // namespace

struct HomeThread::Impl final : LoopClient {
  void OnClock(Now) override {}
  void OnTick(Now now) override {
    if (tick) tick(now);
  }
  void OnTurn() override {}
  void OnStop(Now) override {
    if (signals) signals->cancel();
  }

  void AwaitSignal() {
    signals->async_wait([this](Error error, int signal) {
      if (error) return;
      if (const auto& handler = HandlerOf(signal, handlers)) handler();
      AwaitSignal();
    });
  }

  Loop loop;
  std::optional<boost::asio::signal_set> signals;
  SignalHandlers handlers;
  std::function<void(Now)> tick;
};

HomeThread::HomeThread() : impl_(std::make_unique<Impl>()) {}
HomeThread::~HomeThread() { Stop(); }

void HomeThread::Post(Task task) { impl_->loop.Post(std::move(task)); }

int LeaveSignal() { return SIGRTMIN + 7; }

void BlockSignals() { MaskSignals(SIG_BLOCK); }

void HomeThread::HandleSignals(SignalHandlers handlers) {
  impl_->handlers = std::move(handlers);
  impl_->signals.emplace(impl_->loop.context());
  if (impl_->handlers.stop) {
    impl_->signals->add(SIGTERM);
    impl_->signals->add(SIGINT);
  }
  if (impl_->handlers.leave) impl_->signals->add(LeaveSignal());
  if (impl_->handlers.reload) impl_->signals->add(SIGHUP);
}

void HomeThread::Start(std::function<void(Now now)> tick) {
  impl_->tick = std::move(tick);
  if (impl_->signals) {
    impl_->AwaitSignal();
    // Whoever blocked them for the process wants them here.
    impl_->loop.Post([](Now) { LetSignalsIn(); });
  }
  impl_->loop.Start(*impl_, "home");
}

void HomeThread::Stop() {
  impl_->loop.StopThread();
  impl_->signals.reset();
  impl_->loop.Stop();
}

const LoopProbe& HomeThread::loop() const { return impl_->loop.probe(); }

}  // namespace sluice::runtime
