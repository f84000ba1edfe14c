// SPDX-License-Identifier: Apache-2.0
//
// URLs of strangers: what is taken is shown again as a URL of the same servers, without
// credentials; what is refused is not shown.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/redis/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::storage::redis;  // NOLINT(google-build-using-namespace)
  static constexpr std::string_view kSchemes[] = {"redis://", "rediss://", "redis+sentinel://",
                                                  "redis+cluster://"};
  if (size < 1) return 0;
  std::string text(kSchemes[data[0] % 4]);
  text.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  absl::StatusOr<Url> url = ParseUrl(text);
  if (!url.ok()) return 0;
  if (url->addresses.empty() || (url->password.empty() && !url->user.empty())) std::abort();
  std::string shown = Redacted(*url);
  absl::StatusOr<Url> again = ParseUrl(shown);
  if (!again.ok() || again->addresses != url->addresses || again->db != url->db ||
      again->master != url->master || again->topology != url->topology) {
    std::abort();
  }
  return 0;
}
