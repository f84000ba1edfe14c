// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/thread.h"

#include <utility>

#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {

struct Thread::Impl final : runtime::LoopClient {
  void OnClock(Now) override {}
  void OnTick(Now now) override {
    client->Tick(now);
    if (tick) tick(now);
  }
  void OnTurn() override {}
  void OnStop(Now now) override { client->Stop(now); }

  runtime::Loop loop;
  std::unique_ptr<Client> client;
  std::function<void(Now)> tick;
};

absl::StatusOr<std::unique_ptr<Thread>> Thread::Make(Options options) {
  auto impl = std::make_unique<Impl>();
  absl::StatusOr<std::unique_ptr<Client>> client = Client::Make(impl->loop, std::move(options));
  if (!client.ok()) return client.status();
  impl->client = *std::move(client);
  return std::unique_ptr<Thread>(new Thread(std::move(impl)));
}

Thread::Thread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Thread::~Thread() { Stop(); }

void Thread::Post(Task task) { impl_->loop.Post(std::move(task)); }

void Thread::Start(std::function<void()> on_new_master, std::function<void(Now)> tick) {
  impl_->tick = std::move(tick);
  impl_->loop.Post([this, told = std::move(on_new_master)](Now) mutable {
    impl_->client->Start(std::move(told));
  });
  impl_->loop.Start(*impl_, "redis");
}

void Thread::Stop() {
  impl_->loop.StopThread();
  impl_->client.reset();
  impl_->loop.Stop();
}

Client& Thread::client() { return *impl_->client; }
const runtime::LoopProbe& Thread::loop() const { return impl_->loop.probe(); }

}  // namespace sluice::storage::redis
