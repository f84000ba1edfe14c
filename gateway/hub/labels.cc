// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/labels.h"

#include <utility>

#include "gateway/hub/namespace.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

bool SetLabels(Session& session, const Labels& labels, ShardProbe& probe) {
  Labels merged = session.who.labels;
  for (const auto& [name, value] : labels) {
    if (value.empty()) {
      merged.erase(name);
    } else {
      merged[name] = value;
    }
  }
  size_t bytes = 0;
  for (const auto& [name, value] : merged) bytes += name.size() + value.size();
  if (bytes > session.space->policy.labels_bytes) {
    probe.labels_refused.Add();
    return false;
  }
  session.who.labels = std::move(merged);
  return true;
}

CallError TooManyLabels() {
  return {Fault::kApplication, "InvalidResult", 0, "the worker's labels exceed --labels-bytes", {}};
}

}  // namespace sluice::hub
