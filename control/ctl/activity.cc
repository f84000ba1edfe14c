// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/activity.h"

#include <utility>

namespace sluice::ctl {
namespace {

void Count(const v1::ConnectionEvent& event, Happened& happened) {
  switch (event.type()) {
    case v1::ConnectionEvent::TYPE_OPENED:
      ++happened.opened;
      break;
    case v1::ConnectionEvent::TYPE_CLOSED:
      ++happened.closed;
      break;
    case v1::ConnectionEvent::TYPE_TAKEN_OVER:
      // One CLOSED and one OPENED in one.
      ++happened.opened;
      ++happened.closed;
      break;
    case v1::ConnectionEvent::TYPE_REFUSED:
      ++happened.refused;
      break;
    case v1::ConnectionEvent::TYPE_JOINED:
      ++happened.joined;
      break;
    default:
      break;
  }
}

}  // namespace

void Activity::Add(const v1::WatchEventsResponse& message) {
  std::lock_guard lock(mutex_);
  both_.lost += message.lost();
  for (const v1::ConnectionEvent& event : message.events()) {
    Count(event, both_.nodes[message.node()]);
    Count(event, both_.spaces[event.namespace_()]);
  }
}

Activity::Both Activity::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(both_, {});
}

}  // namespace sluice::ctl
