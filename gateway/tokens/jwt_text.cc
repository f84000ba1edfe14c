// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/jwt_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace sluice::tokens {
namespace {

using nlohmann::json;

bool IsBase64Url(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

// The object that a part of the token encodes; null if it is none.
json ObjectIn(absl::string_view part, std::string& text) {
  if (!IsBase64Url(part) || !absl::WebSafeBase64Unescape(part, &text)) return nullptr;
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : json(nullptr);
}

std::string TextOf(const json& object, const std::string& key) {
  auto found = object.find(key);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : std::string();
}

// Whether backends can address it (Selector.user_ids), or it is empty: nobody.
bool IsUser(const std::string& user) {
  constexpr size_t kUserMax = 255;
  return user.size() <= kUserMax && std::none_of(user.begin(), user.end(), [](unsigned char c) {
           return absl::ascii_iscntrl(c);
         });
}

// False: it is there and no number.
bool TakeTime(const json& object, const char* key, std::optional<double>& time) {
  auto found = object.find(key);
  if (found == object.end()) return true;
  if (!found->is_number()) return false;
  time = found->get<double>();
  return true;
}

// Extensions that must be understood are not; another type is another kind of token.
bool IsPlainHeader(const json& header) {
  if (header.contains("crit")) return false;
  auto type = header.find("typ");
  return type == header.end() ||
         (type->is_string() && absl::EqualsIgnoreCase(type->get<std::string>(), "JWT"));
}

}  // namespace

JwtTextOrFlaw TakeApart(std::string_view token, const std::string& user_claim) {
  if (token.empty()) return "jwt must be provided";
  std::vector<absl::string_view> parts =
      absl::StrSplit(absl::string_view(token.data(), token.size()), '.');
  if (parts.size() != 3) return "jwt malformed";
  JwtText text;
  std::string header_json;
  json header = ObjectIn(parts[0], header_json);
  json claims = ObjectIn(parts[1], text.claims_json);
  if (header.is_null() || claims.is_null() || !IsPlainHeader(header)) return "invalid token";
  if (parts[2].empty()) return "jwt signature is required";
  if (!IsBase64Url(parts[2])) return "invalid token";
  text.algorithm = TextOf(header, "alg");
  text.kid = TextOf(header, "kid");
  text.user = TextOf(claims, user_claim);
  if (!IsUser(text.user)) return "the user has more than 255 bytes, or control characters";
  if (!TakeTime(claims, "nbf", text.not_before)) return "invalid nbf value";
  if (!TakeTime(claims, "exp", text.expires)) return "invalid exp value";
  return text;
}

}  // namespace sluice::tokens
