// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/session.h"

#include <utility>

namespace sluice::hub {

Session::Session(SessionKey k, Namespace& n, Arrival a, Socket& s, Now now)
    : key(k), socket(&s), dialect(a.dialect), space(&n), arrival(std::make_unique<Arriving>(now)) {
  who.id = std::move(a.id);
  origin.upgrade = std::move(a.upgrade);
  origin.connected_at = now.date;
}

Session::~Session() = default;

void Session::Agree() {
  if (!arrival || std::exchange(arrival->agreed, true)) return;
  const Subprotocols* subprotocols = origin.upgrade.subprotocols.get();
  socket->Agree(subprotocols ? subprotocols->agreed : "");
}

}  // namespace sluice::hub
