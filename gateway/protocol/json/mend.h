// SPDX-License-Identifier: Apache-2.0
//
// A JSON text in which only single values are wrong, made sound, so that a message keeps its
// envelope, above all its id. What counts as one value: walk.h. Strings that are no UTF-8 are
// found here as well.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::protocol {

struct MendedJson {
  // Each bad value is null in it, each bad key "".
  std::string text;

  // The first flaw of each message: the message's index in the outermost array, ascending, or 0 if
  // the text is no array; and what is wrong: "a string holds a bad escape at byte 17".
  struct Flaw {
    size_t message = 0;
    std::string what;
  };
  std::vector<Flaw> flaws;
};

// Nothing if something is wrong between the values, or if nothing is wrong. Costs O(bytes).
std::optional<MendedJson> MendJson(std::string_view text, size_t depth_max);

}  // namespace sluice::protocol
