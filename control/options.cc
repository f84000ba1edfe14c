// SPDX-License-Identifier: Apache-2.0
#include "control/options.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::control {
namespace {

// "host:port", "[v6]:port"; the host without brackets.
std::optional<std::pair<std::string_view, uint32_t>> SplitAddress(std::string_view address) {
  size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  uint32_t port = 0;
  if (!absl::SimpleAtoi(std::string(address.substr(colon + 1)), &port) || port > 65535) {
    return std::nullopt;
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  return std::pair(host, port);
}

absl::Status OptionError(std::string_view option, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(option), ": ", std::string(message)));
}

}  // namespace

bool IsLoopback(std::string_view address) {
  auto split = SplitAddress(address);
  if (!split) return false;
  std::string host(split->first);
  if (host == "localhost" || host == "::1") return true;
  // Only an address in numbers: "127.example.org" is a name like any other.
  return absl::StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == std::string::npos;
}

absl::Status Validate(const ControlOptions& options) {
  if (!SplitAddress(options.listen)) {
    return OptionError("control", "wants host:port, [v6]:port; port 0 is any");
  }
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return OptionError(options.tls_cert.empty() ? "control-tls-cert" : "control-tls-key",
                       "certificate and key go together");
  }
  if (!options.client_ca.empty() && options.tls_cert.empty()) {
    return OptionError("control-client-ca", "needs control-tls-cert and control-tls-key");
  }
  bool credentials = !options.token_file.empty() || !options.client_ca.empty();
  if (!credentials && !options.insecure && !IsLoopback(options.listen)) {
    return OptionError("control",
                       "an address off loopback needs --control-token-file or --control-client-ca "
                       "(or --control-insecure, for whoever knows what they do)");
  }
  return absl::OkStatus();
}

}  // namespace sluice::control
