// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/advice.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "gateway/hub/close.h"
#include "text/utf8.h"

namespace sluice::hub {

std::string Advise(std::string_view reason, absl::Duration wait) {
  const int64_t tenths = wait / absl::Milliseconds(100);
  const std::string advice =
      absl::StrCat(reason.empty() ? "" : "; ", "retry-after=", tenths / 10, ".", tenths % 10, "s");
  std::string advised(text::CutUtf8(reason, kCloseReasonMax - advice.size()));
  return advised += advice;
}

}  // namespace sluice::hub
