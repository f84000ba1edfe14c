// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/tokens.h"

#include "absl/strings/str_cat.h"

namespace sluice::hub {

TokenFlaw ExpiredToken(absl::Time expires) {
  std::string expiry = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", expires, absl::UTCTimeZone());
  return {.error = {.fault = Fault::kApplication,
                    .name = "AuthTokenExpiredError",
                    .code = 0,
                    .message = "The socket auth token has expired",
                    .data_json = absl::StrCat(R"({"expiry":")", expiry, R"(","isBadToken":true})")},
          .is_bad = true};
}

}  // namespace sluice::hub
