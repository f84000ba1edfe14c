// SPDX-License-Identifier: Apache-2.0
//
// Who the client is, when proxies stand in front of the gateway. Each proxy adds whom it saw at the
// end of a header. So the header is read from its end, as long as the one who said it is trusted;
// what stands before a stranger's word may be anything.
//
// Which of the two headers counts must be told: a proxy that writes one passes the other on as
// the client sent it (RFC 7239 8.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/edge/ip.h"
#include "gateway/edge/networks.h"

namespace sluice::edge {

enum class ForwardedHeader : uint8_t {
  kXForwardedFor,  // addresses, with or without a port
  kForwarded,      // RFC 7239
};

// Lower case.
std::string_view NameOf(ForwardedHeader header);

// `peer`: who connected. `value`: the header, its lines joined with commas. A hop that is no
// address ("unknown", "_hidden") ends the search: then the client is the last one that is known.
Peer ClientBehind(Peer peer, std::string_view value, ForwardedHeader header,
                  const Networks& trusted);

}  // namespace sluice::edge
