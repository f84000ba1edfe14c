// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/admin_thread.h"

#include <utility>

#include "gateway/admin/server.h"
#include "gateway/runtime/loop.h"
#include "storage/executor.h"

namespace sluice::admin {

struct AdminThread::Impl final : runtime::LoopClient, storage::Executor {
  void Post(Task task) override { loop.Post(std::move(task)); }
  void OnClock(Now) override {}
  void OnTick(Now now) override {
    if (tick) tick(now);
  }
  void OnTurn() override {}
  void OnStop(Now) override {
    if (admin) admin->Stop();
  }

  Probe probe;
  runtime::Loop loop;
  std::unique_ptr<Server> admin;
  std::string address;
  std::function<void(Now)> tick;
};

AdminThread::AdminThread() : impl_(std::make_unique<Impl>()) {}
AdminThread::~AdminThread() { Stop(); }

absl::Status AdminThread::Listen(const Options& options, Pages pages) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  auto admin = std::make_unique<Server>(impl_->loop.context(), *impl_, options, std::move(pages),
                                        impl_->probe);
  if (absl::Status status = admin->Listen(); !status.ok()) return status;
  impl_->address = admin->address();
  impl_->admin = std::move(admin);
  return absl::OkStatus();
}

const std::string& AdminThread::address() const { return impl_->address; }

void AdminThread::Start(std::function<void(Now now)> tick) {
  impl_->tick = std::move(tick);
  if (impl_->admin) impl_->admin->Start();
  impl_->loop.Start(*impl_, "admin");
}

void AdminThread::Stop() {
  impl_->loop.StopThread();
  impl_->admin.reset();
  impl_->loop.Stop();
}

const metrics::Source& AdminThread::metrics() const { return impl_->probe; }

}  // namespace sluice::admin
