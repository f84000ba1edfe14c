// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/validate.h"

#include "gateway/protocol/options.h"

namespace sluice::config {
absl::Status Validate(const Settings& settings) {
  absl::Status status = edge::Validate(settings.edge);
  status.Update(admin::Validate(settings.admin));
  status.Update(control::Validate(settings.control));
  status.Update(protocol::Validate(settings.dialects.socketcluster));
  status.Update(storage::redis::Validate(settings.redis));
  return status;
}

}  // namespace sluice::config
