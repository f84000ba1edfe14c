// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/jwt_authority.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/tokens/jws.h"
#include "gateway/tokens/jwt_text.h"

namespace sluice::tokens {
namespace {

using hub::Fault;
using hub::Token;
using hub::TokenFlaw;

hub::CallError ErrorOf(const char* name, std::string message, std::string data_json) {
  return {.fault = Fault::kApplication,
          .name = name,
          .code = 0,
          .message = std::move(message),
          .data_json = std::move(data_json)};
}

TokenFlaw Invalid(std::string message) {
  return {ErrorOf("AuthTokenInvalidError", std::move(message), R"({"isBadToken":true})"), true};
}

absl::Time ToTime(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

// As JavaScript writes a Date, null beyond what it can hold.
std::string DateJson(double seconds) {
  constexpr double kSecondsMax = 8.64e12;
  if (!(std::abs(seconds) <= kSecondsMax)) return "null";
  absl::Time time = ToTime(seconds);
  int64_t year = absl::UTCTimeZone().At(time).cs.year();
  std::string years =
      year >= 0 && year <= 9999 ? absl::StrFormat("%04d", year) : absl::StrFormat("%+07d", year);
  std::string rest = absl::FormatTime("-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  return absl::StrCat("\"", years, rest, "\"");
}

TokenFlaw Expired(double seconds) {
  return {ErrorOf("AuthTokenExpiredError", "jwt expired",
                  absl::StrCat(R"({"expiry":)", DateJson(seconds), R"(,"isBadToken":true})")),
          true};
}

// It is a good token, only too early.
TokenFlaw NotActive(double seconds) {
  return {ErrorOf("AuthTokenNotBeforeError", "jwt not active",
                  absl::StrCat(R"({"date":)", DateJson(seconds), R"(,"isBadToken":false})")),
          false};
}

bool MayHaveSigned(const JwtKey& key, const JwtText& text) {
  return Verifies(key, text.algorithm) &&
         (key.kid.empty() || text.kid.empty() || key.kid == text.kid);
}

// What is wrong with the signature, or nothing.
const char* SignatureFlaw(const std::vector<JwtKey>& keys, const JwtText& text,
                          const std::string& token) {
  if (keys.empty()) return "secret or public key must be provided";
  auto fits = [&](const JwtKey& key) { return Verifies(key, text.algorithm); };
  if (std::none_of(keys.begin(), keys.end(), fits)) return "invalid algorithm";
  auto signed_it = [&](const JwtKey& key) {
    return MayHaveSigned(key, text) && IsSignedWith(key, token);
  };
  return std::any_of(keys.begin(), keys.end(), signed_it) ? nullptr : "invalid signature";
}

Token ToToken(std::string token, JwtText text) {
  return {.text = std::move(token),
          .claims_json = std::move(text.claims_json),
          .user = std::move(text.user),
          .expires = text.expires ? ToTime(*text.expires) : absl::InfiniteFuture()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<JwtAuthority>> JwtAuthority::Make(JwtOptions options) {
  auto authority = std::unique_ptr<JwtAuthority>(new JwtAuthority(std::move(options)));
  absl::Status status = authority->Reload();
  if (!status.ok()) return status;
  return authority;
}

absl::Status JwtAuthority::Reload() {
  if (options_.keys_file.empty()) return absl::OkStatus();
  auto keys = LoadJwtKeys(options_.keys_file);
  if (!keys.ok())
    return absl::InvalidArgumentError(absl::StrCat("jwt-keys: ", keys.status().message()));
  auto fresh = std::make_shared<const std::vector<JwtKey>>(*std::move(keys));
  absl::MutexLock lock(&mutex_);
  keys_ = std::move(fresh);
  return absl::OkStatus();
}

std::vector<std::string> JwtAuthority::files() const {
  std::vector<std::string> files;
  if (!options_.keys_file.empty()) files.push_back(options_.keys_file);
  for (const JwtKey& key : *keys()) {
    files.insert(files.end(), key.files.begin(), key.files.end());
  }
  return files;
}

JwtAuthority::Keys JwtAuthority::keys() const {
  absl::MutexLock lock(&mutex_);
  return keys_;
}

std::variant<Token, TokenFlaw> JwtAuthority::Verify(std::string_view token, absl::Time now) const {
  JwtTextOrFlaw taken = TakeApart(token, options_.user_claim);
  if (auto* flaw = std::get_if<std::string>(&taken)) return Invalid(std::move(*flaw));
  JwtText& text = std::get<JwtText>(taken);
  std::string copy(token);
  if (const char* flaw = SignatureFlaw(*keys(), text, copy)) return Invalid(flaw);
  auto seconds = static_cast<double>(absl::ToUnixSeconds(now));
  if (text.not_before && *text.not_before > seconds) return NotActive(*text.not_before);
  if (text.expires && seconds >= *text.expires) return Expired(*text.expires);
  return ToToken(std::move(copy), std::move(text));
}

absl::StatusOr<Token> JwtAuthority::Sign(std::string_view claims_json, absl::Time now) const {
  Keys keys = this->keys();
  auto key = std::find_if(keys->begin(), keys->end(), [](const JwtKey& k) { return k.can_sign(); });
  if (key == keys->end()) return absl::FailedPreconditionError("there is no key to sign with");
  TimeClaims times{.issued_at = absl::ToUnixSeconds(now),
                   .expires = absl::ToUnixSeconds(now + options_.expiry)};
  auto token = SignToken(*key, claims_json, times);
  if (!token.ok()) return token.status();
  JwtTextOrFlaw taken = TakeApart(*token, options_.user_claim);
  if (auto* flaw = std::get_if<std::string>(&taken)) return absl::InvalidArgumentError(*flaw);
  return ToToken(*std::move(token), std::move(std::get<JwtText>(taken)));
}

}  // namespace sluice::tokens
