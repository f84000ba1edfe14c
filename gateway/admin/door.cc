// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/door.h"

#include <utility>

namespace sluice::admin {

void Door::Post(storage::Executor::Task task) {
  absl::MutexLock lock(&mutex_);
  if (executor_ != nullptr) executor_->Post(std::move(task));
}

void Door::Close() {
  absl::MutexLock lock(&mutex_);
  executor_ = nullptr;
}

}  // namespace sluice::admin
