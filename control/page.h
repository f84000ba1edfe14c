// SPDX-License-Identifier: Apache-2.0
//
// Pages of a list (AIP-158): the token says after which name to go on, and is good for the request
// that it was made for alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::control {

struct Page {
  size_t size = 0;
  std::string after;  // empty: from the start
};

inline constexpr int32_t kPageSizeDefault = 100;
inline constexpr int32_t kPageSizeMax = 1000;

// `request` identifies what is listed (Fingerprint of the selector).
// INVALID_ARGUMENT: PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
absl::StatusOr<Page> ToPage(int32_t size, std::string_view token, uint64_t request);

// INVALID_ARGUMENT PAGE_TOKEN_INVALID.
absl::Status PageTokenInvalid();

std::string MakePageToken(std::string_view after, uint64_t request);

}  // namespace sluice::control
