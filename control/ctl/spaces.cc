// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/spaces.h"

#include "control/ctl/pages.h"

namespace sluice::ctl {

void DeclareAllSpaces(Flags& flags, bool* into) {
  flags.Switch("-A,--all-namespaces", "in all namespaces", into);
}

absl::StatusOr<std::vector<std::string>> SpacesOf(Session& session, bool all) {
  if (!all) return std::vector<std::string>{session.space()};
  std::vector<std::string> spaces;
  v1::ListNamespacesRequest request;
  absl::Status status = ForEachPage(session, request, [&](const v1::ListNamespacesResponse& page) {
    for (const auto& space : page.namespaces()) spaces.push_back(space.name());
    session.AddUnreachable(page.unreachable());
  });
  if (!status.ok()) return status;
  return spaces;
}

}  // namespace sluice::ctl
