// SPDX-License-Identifier: Apache-2.0
#include "control/lending_post.h"

#include <utility>

#include "storage/broker.h"

namespace sluice::control {

absl::Status LendingPost::Tell(const Peer& to, internal::v1::LendingMail mail) {
  mail.set_from(node_.epoch);
  mail.set_to(to.epoch);
  absl::Status status = node_.broker.Tell(to.node, mail.SerializeAsString());
  if (!status.ok()) probe_.lending_unsent.Add();
  return status;
}

bool LendingPost::Say(internal::v1::LendingNews news) {
  news.set_from(node_.epoch);
  const bool sent = node_.broker.Say(kLendingSpace, news.SerializeAsString()).ok();
  if (!sent) probe_.lending_unsent.Add();
  return sent;
}

}  // namespace sluice::control
