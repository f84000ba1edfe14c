// SPDX-License-Identifier: Apache-2.0
//
// A list by its pages.
#pragma once

#include "absl/status/status.h"
#include "control/ctl/session.h"

namespace sluice::ctl {

inline constexpr int kPageSize = 1000;

// Shows `take` each page. `request` is asked again with the token of the page before.
template <typename Request, typename Take>
absl::Status ForEachPage(Session& session, Request& request, Take take) {
  request.set_scope(session.scope());
  if (request.page_size() == 0) request.set_page_size(kPageSize);
  for (;;) {
    auto page = session.client().Ask(request);
    if (!page.ok()) return page.status();
    take(*page);
    if (page->next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page->next_page_token());
  }
}

}  // namespace sluice::ctl
