// SPDX-License-Identifier: Apache-2.0
//
// One rule of how connections are routed: from a path's prefix to a dialect and a namespace. Each
// dialect brings its own as the default; operators write others (routes.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/hub/dialect.h"

namespace sluice::protocol {

inline constexpr std::string_view kDefaultNamespace = "default";

struct RouteRule {
  // Where the namespace comes from.
  enum class Namespace : uint8_t {
    kPath,   // the whole path without its first slash, verbatim
    kRest,   // what follows the prefix, verbatim
    kQuery,  // the query parameter `parameter`, percent-decoded
    kFixed,  // `parameter` itself
  };
  // A dialect that the client may choose, by ?codec= or by Sec-WebSocket-Protocol.
  struct Codec {
    std::string name;
    const hub::Dialect* dialect = nullptr;
  };

  std::string prefix;  // begins and ends with a slash; matches without the last one as well
  bool exact = false;  // whatever else begins with the prefix is refused
  const hub::Dialect* dialect = nullptr;
  Namespace from = Namespace::kPath;
  std::string parameter{};
  // The namespace of whoever names none; empty: there is none, and the dialect says what it thinks
  // of that.
  std::string otherwise{kDefaultNamespace};
  std::vector<Codec> codecs{};
  // Names of Sec-WebSocket-Protocol that mean something to the application alone; "*": all.
  std::vector<std::string> subprotocols{};
  std::string id_parameter = "socket_id";  // the client's wish for its id; empty: it has none
};

}  // namespace sluice::protocol
