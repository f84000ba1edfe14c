// SPDX-License-Identifier: Apache-2.0
//
// What can be called in a namespace, as a dialect's clients are told. A list is made once a change
// of the registrations, not once a question, and is bounded in bytes. Keeps one list a dialect, the
// last that was asked for. Single-threaded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/hub/dialect.h"
#include "gateway/hub/methods.h"

namespace sluice::hub {

class MethodLists {
 public:
  // `bytes_max`: the names of a list together (--list-bytes). `methods` outlives this.
  MethodLists(const MethodTable& methods, size_t bytes_max)
      : methods_(methods), bytes_max_(bytes_max) {}

  struct List {
    std::string encoded;  // by Dialect::EncodeMethodList
    bool cut = false;     // there are more than it has
  };
  // Good until the next call.
  const List& For(const Dialect& dialect, std::string_view space);

 private:
  struct Kept {
    List list;
    std::string space;
    uint64_t version = 0;  // of the table; 0: nothing is kept
  };
  List Make(const Dialect& dialect, std::string_view space) const;

  const MethodTable& methods_;
  const size_t bytes_max_;
  std::array<Kept, kDialectsMax> kept_;
};

}  // namespace sluice::hub
