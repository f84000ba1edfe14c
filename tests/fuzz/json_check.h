// SPDX-License-Identifier: Apache-2.0
//
// What fuzz targets of JSON dialects ask of every text: another parser's opinion.
#pragma once

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

namespace sluice::fuzz {

inline void Require(bool condition) {
  if (!condition) std::abort();
}

// The other parser takes a NUL for the end and skips a byte order mark.
inline bool IsComparable(std::string_view text) {
  return text.find('\0') == text.npos && !text.starts_with("\xef\xbb\xbf");
}

// The other parser refuses numbers that no double can hold.
inline bool MayHoldHugeNumbers(std::string_view text) {
  return text.find_first_of("eE") != text.npos || text.size() > 300;
}

inline void RequireJson(std::string_view text) {
  Require(MayHoldHugeNumbers(text) || nlohmann::json::accept(text));
}

}  // namespace sluice::fuzz
