// SPDX-License-Identifier: Apache-2.0
#include "control/page.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "control/limits.h"
#include "control/status.h"

namespace sluice::control {
namespace {

constexpr char kVersion = '1';
constexpr size_t kHashDigits = 16;
constexpr size_t kPrefix = 1 + kHashDigits;

}  // namespace

absl::Status PageTokenInvalid() {
  return Invalid("PAGE_TOKEN_INVALID", "page_token",
                 "not a token of this list; start again without one");
}

absl::StatusOr<Page> ToPage(int32_t size, std::string_view token, uint64_t request) {
  if (size < 0) return Invalid("PAGE_SIZE_INVALID", "page_size", "a page size is not negative");
  Page page;
  page.size = size == 0 ? kPageSizeDefault : std::min(size, kPageSizeMax);
  if (token.empty()) return page;

  std::string text;
  // Nothing longer was ever handed out.
  if (token.size() > 4 * (kPrefix + kNameMax)) return PageTokenInvalid();
  if (!absl::WebSafeBase64Unescape({token.data(), token.size()}, &text)) return PageTokenInvalid();
  if (text.size() <= kPrefix || text.front() != kVersion) return PageTokenInvalid();
  uint64_t hash = 0;
  if (!absl::SimpleHexAtoi(text.substr(1, kHashDigits), &hash)) return PageTokenInvalid();
  if (hash != request) return PageTokenInvalid();
  page.after = text.substr(kPrefix);
  return page;
}

std::string MakePageToken(std::string_view after, uint64_t request) {
  std::string text(1, kVersion);
  absl::StrAppend(&text, absl::Hex(request, absl::kZeroPad16), std::string(after));
  std::string token;
  absl::WebSafeBase64Escape(text, &token);
  return token;
}

}  // namespace sluice::control
