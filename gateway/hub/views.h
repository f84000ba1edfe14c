// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of what backends want to know: who is here, and where. Copies. Single-threaded.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

class Directory;
class MethodTable;
class Namespaces;
class Sessions;

class Views {
 public:
  // What is given outlives this.
  Views(const Namespaces& spaces, const Directory& directory, const Sessions& sessions,
        const MethodTable& methods)
      : spaces_(spaces), directory_(directory), sessions_(sessions), methods_(methods) {}

  uint64_t Count(const Selector& selector) const;
  // The selected connections with id > after, ascending, at most `limit`, and no more than fit into
  // `bytes_max` (but one).
  ConnectionPage List(const Selector& selector, std::string_view after, size_t limit,
                      size_t bytes_max = std::numeric_limits<size_t>::max()) const;
  // Names > after, ascending, at most limit.
  std::vector<NamedCount> Namespaces(std::string_view after, size_t limit) const;
  std::vector<NamedCount> Channels(std::string_view space, std::string_view after,
                                   size_t limit) const;
  MethodsView Methods(std::string_view space, const MethodsRange& range = {}) const;

  // Which sessions a selector names, and every session, whatever its namespace.
  std::vector<SessionKey> Keys(const Selector& selector) const;
  std::vector<SessionKey> AllKeys() const;

 private:
  const hub::Namespaces& spaces_;
  const Directory& directory_;
  const Sessions& sessions_;
  const MethodTable& methods_;
};

}  // namespace sluice::hub
