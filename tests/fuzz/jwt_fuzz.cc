// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a token, as the inside of a token that is properly signed, and as claims to sign.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/tokens/jwt_authority.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice;
using fuzz::Require;
using tokens::JwtAuthority;

constexpr std::string_view kSecret = "a secret";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::unique_ptr<JwtAuthority> MakeAuthority() {
  char name[] = "/tmp/sluice-jwt-fuzz-XXXXXX";
  Require(mkstemp(name) >= 0);
  std::ofstream(name) << "- {kid: a, algorithm: HS256, secret: " << kSecret << "}\n"
                      << "- {kid: b, algorithm: HS384, secret: other}\n";
  auto authority = JwtAuthority::Make({.keys_file = name});
  std::remove(name);
  Require(authority.ok());
  return *std::move(authority);
}

std::string Encode(std::string_view text) {
  std::string encoded;
  absl::WebSafeBase64Escape(absl::string_view(text.data(), text.size()), &encoded);
  return encoded;
}

// "header.claims" with its true signature.
std::string SignedAs(std::string_view header, std::string_view claims) {
  std::string content = absl::StrCat(Encode(header), ".", Encode(claims));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), kSecret.data(), static_cast<int>(kSecret.size()),
       reinterpret_cast<const unsigned char*>(content.data()), content.size(), mac, &size);
  return absl::StrCat(content, ".", Encode({reinterpret_cast<char*>(mac), size}));
}

void Check(const JwtAuthority& authority, std::string_view text, bool trusted) {
  auto result = authority.Verify(text, kNow);
  if (auto* flaw = std::get_if<hub::TokenFlaw>(&result)) {
    Require(!flaw->error.message.empty() && nlohmann::json::accept(flaw->error.data_json));
    return;
  }
  const hub::Token& token = std::get<hub::Token>(result);
  Require(trusted && token.text == text && token.expires > kNow);
  Require(nlohmann::json::parse(token.claims_json).is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<JwtAuthority> authority = MakeAuthority();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(*authority, text, false);
  Check(*authority, SignedAs(R"({"alg":"HS256","typ":"JWT"})", text), true);
  size_t half = text.find('\n');
  if (half != text.npos) {
    Check(*authority, SignedAs(text.substr(0, half), text.substr(half + 1)), true);
  }
  auto token = authority->Sign(text, kNow);
  if (token.ok()) Check(*authority, token->text, true);
  return 0;
}
