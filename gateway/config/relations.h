// SPDX-License-Identifier: Apache-2.0
//
// Bounds that meet: what one option lets in, another must let through. One table says all pairs, so
// that an option that is added is held against the others once, here.
//
// What was asked for and contradicts itself stops the start. A default yields: whoever lowers
// --outbox-bytes need not know what else would be too large for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "gateway/config/option.h"

namespace sluice::config {

// `lesser`, and what comes on top of it, must fit into `greater`; or, with a pace, into what passes
// in the time `greater`.
struct Relation {
  std::string_view lesser;
  std::string_view greater;
  std::string_view why;          // what would never work otherwise
  double plus = 0;               // in what both count
  std::string_view unless = {};  // an option that is 0 where the relation does not matter
  std::string_view pace = {};    // an option: so much a second; 0 is no limit
};

// The most that `lesser` may be.
double Room(const Relation& relation, const std::vector<Option>& options);

absl::Span<const Relation> Relations();

// Options that count something, and meet no other.
absl::Span<const std::string_view> Unrelated();

// An option that is 0 ("no limit", "none") contradicts nothing.
bool Holds(const Relation& relation, const std::vector<Option>& options);

// Makes every relation hold whose lesser option was not `given`: such a default is lowered to what
// fits, and `lowered` is told. INVALID_ARGUMENT: the first relation between options that does not
// hold; one line that begins with the lesser option's name and names the greater one, with both
// values.
absl::Status Relate(const std::vector<Option>& options,
                    const std::function<bool(const std::string& name)>& given,
                    const std::function<void(const Relation&)>& lowered);

}  // namespace sluice::config
