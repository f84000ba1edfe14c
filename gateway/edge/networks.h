// SPDX-License-Identifier: Apache-2.0
//
// A list of networks, as an operator writes them: "10.0.0.0/8", "2001:db8::/32", or one address.
// IPv4 addresses are in IPv4 networks alone, also when they came mapped into IPv6.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/edge/ip.h"

namespace sluice::edge {

class Networks {
 public:
  // INVALID_ARGUMENT: an entry is no network, or has bits behind its prefix.
  static absl::StatusOr<Networks> Parse(const std::vector<std::string>& entries);

  bool empty() const { return networks_.empty(); }
  bool Contain(const Ip& ip) const;

 private:
  struct Network {
    Ip first;
    int bits = 0;  // of the 128 that Ip has
  };
  static absl::StatusOr<Network> ParseOne(const std::string& entry);

  std::vector<Network> networks_;
};

}  // namespace sluice::edge
