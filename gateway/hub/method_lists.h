// SPDX-License-Identifier: Apache-2.0
//
// What can be called in a namespace, as a dialect's clients are told. A list is made once a change
// of the registrations, not once a question, and is bounded in bytes. The lists of several dialects
// and namespaces are kept until there is a change, or until others that were asked for later have
// used up the room. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/methods.h"

namespace sluice::hub {

class MethodLists {
 public:
  // What is kept takes at most as many bytes as this many lists of full size; the one that was
  // asked for last is kept in any case.
  static constexpr size_t kFullListsMax = 8;

  // `bytes_max`: the names of a list together (--list-bytes). `methods` outlives this.
  MethodLists(const MethodTable& methods, size_t bytes_max)
      : methods_(methods), bytes_max_(bytes_max) {}

  struct List {
    std::string encoded;  // by Dialect::EncodeMethodList
    bool cut = false;     // there are more than it has
  };
  // Good until the next call.
  const List& For(const Dialect& dialect, std::string_view space);

  size_t bytes() const { return bytes_; }  // of all that is kept

 private:
  struct Kept {
    List list;
    DialectId dialect;
    std::string space;
    size_t bytes() const;
  };
  using Order = std::list<Kept>;
  using ListKey = std::pair<DialectId, std::string_view>;  // the namespace is that of a Kept

  List Make(const Dialect& dialect, std::string_view space) const;
  const List& Keep(Kept kept);
  void DropOldest();
  void Clear();

  const MethodTable& methods_;
  const size_t bytes_max_;
  uint64_t version_ = 0;  // of the table, when what is kept was made
  Order order_;           // the last that was asked for first
  absl::btree_map<ListKey, Order::iterator> kept_;
  size_t bytes_ = 0;
};

}  // namespace sluice::hub
