// SPDX-License-Identifier: Apache-2.0
//
// Which web pages may open a connection. A browser states the page's origin;
// every other client may state none, or anything.
//
// An origin matches an entry of the list exactly: scheme, host and port, the
// port being 80 or 443 where none is written. With an empty list only the same
// origin may: its host and port must be those of the Host header. "*" allows
// every origin.
//
// "null" is what browsers send for opaque origins: files, data: URLs, and sandboxed frames, which
// any page of the web can open. So an entry "null" (or "*") lets every page in that cares to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::edge {

struct Origin {
  std::string scheme;  // lower case
  std::string host;    // lower case; an IPv6 address in brackets
  uint16_t port = 0;
  friend bool operator==(const Origin&, const Origin&) = default;
};

// As RFC 6454 serialises one: no path, no user, no trailing slash.
std::optional<Origin> ParseOrigin(std::string_view text);

class OriginPolicy {
 public:
  // INVALID_ARGUMENT: an entry that is neither an origin, "null" nor "*".
  static absl::StatusOr<OriginPolicy> Make(const std::vector<std::string>& allowed,
                                           bool allow_none);

  // `origin`: the Origin header, if there is one. `host`: the Host header.
  bool Allows(std::optional<std::string_view> origin, std::string_view host) const;

 private:
  bool any_ = false;
  bool opaque_ = false;  // "null" is listed
  bool allow_none_ = true;
  std::vector<Origin> allowed_;
};

}  // namespace sluice::edge
