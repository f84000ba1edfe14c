// SPDX-License-Identifier: Apache-2.0
//
// What the hub needs from a client's connection, and what a connection tells of itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/hub/close.h"
#include "gateway/hub/flow.h"
#include "gateway/hub/outbox.h"

namespace sluice::hub {

// A name of Sec-WebSocket-Protocol; longer ones are not looked at.
inline constexpr size_t kSubprotocolBytesMax = 255;

// What a client offered in Sec-WebSocket-Protocol, and what became of it.
struct Subprotocols {
  std::vector<std::string> offered;  // best first
  std::string agreed;                // until it is: the route's choice; empty: none
  bool settled = false;              // that chose the dialect: nobody may choose another
};

// What the client's upgrade request said.
struct Upgrade {
  std::string target;  // path and query, as they came
  // "192.0.2.1:5555", "[2001:db8::1]:5555"; without the port if a proxy did not say it:
  // "192.0.2.1", "2001:db8::1".
  std::string remote_address;
  // Lower-case name and value (in UTF-8), of the headers in --context-headers, and of a good
  // traceparent.
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<Subprotocols> subprotocols{};  // null: it offered none
};

// The trace that the client's upgrade is a part of (text/traceparent.h); empty: none.
std::string_view TraceparentOf(const Upgrade& upgrade);

// One client's connection, owned by the edge; used on its shard's thread only, from Shard::Open
// until Shard::Closed.
class Socket {
 public:
  virtual ~Socket() = default;
  virtual Outbox& outbox() = 0;

  // How far what was put into the outbox has come. Costs a system call or two.
  virtual Flow flow() = 0;

  // Answers the upgrade; `subprotocol` is one that was offered, or empty: none. Called once, before
  // anything is put into the outbox, possibly from within Open.
  virtual void Agree(std::string_view subprotocol) = 0;

  // Writes what the outbox holds, then a close frame, then waits a bounded time for the peer's.
  // Shard::Closed follows later, never from within. The hub calls it once and appends nothing
  // after.
  virtual void Close(const CloseFrame& frame) = 0;

  // Reading had stopped because Shard::Receive or Open returned false; go on. Never acts from
  // within.
  virtual void Resume() = 0;
};

}  // namespace sluice::hub
