// SPDX-License-Identifier: Apache-2.0
//
// What a WatchEvents stream on another node asks: whether there are events behind a position, and
// a page of them (internal/v1/cluster.proto). A verb as any (outcomes.h), but that one node alone
// is asked, so that nothing is merged. The node keeps nothing of who asks, but while it waits.
#pragma once

#include <utility>

#include "control/done.h"
#include "control/node.h"
#include "gateway/hub/event_log.h"
#include "sluice/internal/v1/cluster.pb.h"

namespace sluice::control {

class FetchEventsVerb {
 public:
  using Request = internal::v1::FetchEventsRequest;
  using Response = internal::v1::FetchEventsResponse;

  // INVALID_ARGUMENT: as ToFilter, and a wait of more than a minute.
  static absl::StatusOr<FetchEventsVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  FetchEventsVerb(Request request, hub::EventFilter filter, absl::Duration wait)
      : request_(std::move(request)), filter_(std::move(filter)), wait_(wait) {}

  Request request_;
  hub::EventFilter filter_;
  absl::Duration wait_;
};

}  // namespace sluice::control
