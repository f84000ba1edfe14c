// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/validate.h"

#include "gateway/protocol/socketcluster.h"

namespace sluice::config {
absl::Status Validate(const Settings& settings) {
  absl::Status status = edge::Validate(settings.edge);
  status.Update(edge::Validate(settings.admin));
  status.Update(control::Validate(settings.control));
  status.Update(protocol::Validate(settings.dialects.socketcluster));
  return status;
}

}  // namespace sluice::config
