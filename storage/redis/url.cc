// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/url.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sluice::storage::redis {
namespace {

constexpr uint16_t kPort = 6379;
constexpr uint16_t kSentinelPort = 26379;

struct Scheme {
  absl::string_view name;
  Topology topology;
  bool tls;
};
constexpr std::array<Scheme, 6> kSchemes = {{
    {"redis://", Topology::kStandalone, false},
    {"rediss://", Topology::kStandalone, true},
    {"redis+sentinel://", Topology::kSentinel, false},
    {"rediss+sentinel://", Topology::kSentinel, true},
    {"redis+cluster://", Topology::kCluster, false},
    {"rediss+cluster://", Topology::kCluster, true},
}};

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("redis URL: ", what));
}

const Scheme* SchemeOf(const Url& url) {
  for (const Scheme& scheme : kSchemes) {
    if (scheme.topology == url.topology && scheme.tls == url.tls) return &scheme;
  }
  return nullptr;
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) ||
        !absl::ascii_isxdigit(text[i + 2])) {
      return std::nullopt;
    }
    out += absl::HexStringToBytes(absl::string_view(text.data() + i + 1, 2));
    i += 2;
  }
  return out;
}

// Takes the credentials off the front.
absl::Status TakeCredentials(absl::string_view& rest, Url& url) {
  size_t at = rest.rfind('@');
  if (at == absl::string_view::npos) return absl::OkStatus();
  absl::string_view info = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  size_t colon = info.find(':');
  if (colon == absl::string_view::npos) {
    return Wrong("credentials are user:password@ or :password@");
  }
  std::optional<std::string> user = PercentDecode(info.substr(0, colon));
  std::optional<std::string> password = PercentDecode(info.substr(colon + 1));
  if (!user || !password) return Wrong("a % in the credentials is written %25");
  if (password->empty()) return Wrong("the password is empty");
  url.user = *std::move(user);
  url.password = *std::move(password);
  return absl::OkStatus();
}

// Of names and of both kinds of numbers.
bool MayBeInHost(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '%';
}

std::optional<Address> ParseAddress(absl::string_view text, uint16_t port) {
  absl::string_view host = text;
  absl::string_view rest;
  if (absl::StartsWith(text, "[")) {
    size_t end = text.find(']');
    if (end == absl::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else if (size_t colon = text.find(':'); colon != absl::string_view::npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  uint32_t number = port;
  if (!rest.empty() && (rest[0] != ':' || !absl::SimpleAtoi(rest.substr(1), &number))) {
    return std::nullopt;
  }
  if (host.empty() || !absl::c_all_of(host, MayBeInHost)) return std::nullopt;
  if (number == 0 || number > 65535) return std::nullopt;
  return Address{std::string(host), static_cast<uint16_t>(number)};
}

absl::Status ParseAddresses(absl::string_view text, Url& url) {
  uint16_t port = url.topology == Topology::kSentinel ? kSentinelPort : kPort;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    std::optional<Address> address = ParseAddress(part, port);
    if (!address) return Wrong("an address is host, host:port or [IPv6]:port, port 1 to 65535");
    url.addresses.push_back(*std::move(address));
  }
  if (url.topology == Topology::kStandalone && url.addresses.size() > 1) {
    return Wrong("redis:// names one server; see redis+sentinel:// and redis+cluster://");
  }
  return absl::OkStatus();
}

absl::Status ParsePath(absl::string_view path, Url& url) {
  if (url.topology == Topology::kSentinel) {
    std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(path, absl::MaxSplits('/', 1));
    url.master = std::string(parts.first);
    path = parts.second;
    if (url.master.empty()) return Wrong("redis+sentinel:// needs /NAME of the master");
  }
  if (path.empty()) return absl::OkStatus();
  if (!absl::SimpleAtoi(path, &url.db) || url.db < 0) return Wrong("the database is a number");
  if (url.topology == Topology::kCluster && url.db != 0) return Wrong("a cluster has database 0");
  return absl::OkStatus();
}

}  // namespace

std::string ToString(const Address& address) {
  bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? absl::StrCat("[", address.host, "]:", address.port)
            : absl::StrCat(address.host, ":", address.port);
}

absl::StatusOr<Url> ParseUrl(std::string_view given) {
  absl::string_view text(given.data(), given.size());
  Url url;
  bool known = false;
  for (const Scheme& scheme : kSchemes) {
    if (!absl::ConsumePrefix(&text, scheme.name)) continue;
    url.topology = scheme.topology;
    url.tls = scheme.tls;
    known = true;
    break;
  }
  if (!known) return Wrong("begins with redis://, redis+sentinel:// or redis+cluster:// (rediss)");
  if (absl::Status status = TakeCredentials(text, url); !status.ok()) return status;
  if (text.find_first_of("?#") != absl::string_view::npos) {
    return Wrong("takes no parameters; each is an option of its own");
  }
  std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  if (absl::Status status = ParseAddresses(parts.first, url); !status.ok()) return status;
  if (absl::Status status = ParsePath(parts.second, url); !status.ok()) return status;
  return url;
}

std::string Redacted(const Url& url) {
  std::string text(SchemeOf(url)->name);
  if (!url.user.empty()) text += "***";
  if (!url.password.empty()) absl::StrAppend(&text, ":***@");
  absl::StrAppend(&text, absl::StrJoin(url.addresses, ",", [](std::string* out, const Address& a) {
    out->append(ToString(a));
  }));
  if (!url.master.empty()) absl::StrAppend(&text, "/", url.master);
  if (url.db != 0) absl::StrAppend(&text, "/", url.db);
  return text;
}

}  // namespace sluice::storage::redis
