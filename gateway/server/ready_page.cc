// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/ready_page.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/runtime/log_text.h"

namespace sluice::server {
namespace {

std::string Degraded(const std::vector<NodeState::Store>& stores) {
  std::string text;
  for (const NodeState::Store& store : stores) {
    if (!store.health.degraded) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", store.name, " since ",
                    absl::FormatTime(absl::RFC3339_sec, store.health.since, absl::UTCTimeZone()),
                    ": ", store.health.why);
  }
  return text;
}

std::string Field(const std::string& name, const std::string& text) {
  return text.empty() ? "" : absl::StrCat(",\"", name, "\":", runtime::JsonText(text));
}

}  // namespace

admin::Readiness DescribeReadiness(const NodeState& state) {
  const bool ready = !state.draining && state.why.empty();
  return {ready, absl::StrCat(R"({"ready":)", ready ? "true" : "false", R"(,"draining":)",
                              state.draining ? "true" : "false", R"(,"storage":")", state.store,
                              R"(","connections":)", state.connections, Field("why", state.why),
                              Field("degraded", Degraded(state.stores)), "}")};
}

}  // namespace sluice::server
