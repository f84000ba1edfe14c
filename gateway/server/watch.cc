// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/watch.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "gateway/server/descriptors.h"

namespace sluice::server {

void Watch::Tick(Instant now) {
  assert(thread_.IsCurrent());
  sources_.heartbeats.Tick(now);
  complaints_.Update("threads", sources_.heartbeats.Complaint(), now);
  const std::string overload = sources_.heartbeats.Overload();
  complaints_.Update("load", overload, now);
  if (overloaded_ == overload.empty()) {
    overloaded_ = !overload.empty();
    sources_.overloaded(overloaded_);
  }
  complaints_.Update("descriptors", Descriptors(), now);
  complaints_.Update("control", sources_.control(), now);
  const bool ready = complaints_.Text().empty();
  if (ready == ready_) return;
  ready_ = ready;
  sources_.ready(ready);
}

std::string Watch::Descriptors() {
  const uint64_t refusals = sources_.descriptor_refusals();
  const bool refused = refusals != refusals_;
  refusals_ = refusals;
  const int next = NextDescriptor();
  if (next >= 0 && next < sources_.descriptors_end && !refused) return "";
  return absl::StrCat(
      "clients hold all descriptors below ", sources_.descriptors_end,
      ", more are refused; raise the limit of open files, or lower connections-max");
}

}  // namespace sluice::server
