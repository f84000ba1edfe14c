// SPDX-License-Identifier: Apache-2.0
//
// A list that comes in parts (of shards, of nodes) and becomes one page.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::control {

// Ascending by id. `more`: it goes on behind its last item.
template <typename Item>
struct ListPart {
  std::vector<Item> items;
  bool more = false;
};

// The first items of all parts, as many as fit into both bounds, but at least one. Nothing behind
// the end of a part that goes on is shown yet: what comes next in that part may belong before it.
template <typename Item, typename IdOf, typename BytesOf>
ListPart<Item> FirstOf(std::vector<ListPart<Item>> parts, size_t count_max, size_t bytes_max,
                       IdOf id_of, BytesOf bytes_of) {
  std::optional<std::string> end;
  std::vector<Item> all;
  ListPart<Item> page;
  for (ListPart<Item>& part : parts) {
    page.more |= part.more;
    if (part.more && !part.items.empty()) {
      std::string last(id_of(part.items.back()));
      end = end ? std::min(*end, last) : last;
    }
    std::move(part.items.begin(), part.items.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(),
            [&](const Item& a, const Item& b) { return id_of(a) < id_of(b); });
  size_t bytes = 0;
  for (Item& item : all) {
    bytes += bytes_of(item);
    bool fits = page.items.size() < count_max && (bytes <= bytes_max || page.items.empty());
    if (!fits || (end && id_of(item) > *end)) {
      page.more = true;
      break;
    }
    page.items.push_back(std::move(item));
  }
  return page;
}

}  // namespace sluice::control
