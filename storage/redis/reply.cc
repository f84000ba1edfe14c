// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/reply.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace sluice::storage::redis {
namespace {

constexpr std::array<std::string_view, 3> kDenied = {"NOPERM", "NOAUTH", "WRONGPASS"};
constexpr std::array<std::string_view, 10> kPassing = {
    "LOADING", "READONLY",    "MISCONF",    "BUSY",       "TRYAGAIN",
    "ASK",     "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "MOVED"};

template <size_t N>
bool IsOneOf(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

absl::string_view NameOf(Reply::Type type) {
  switch (type) {
    case Reply::Type::kNil:
      return "nil";
    case Reply::Type::kInteger:
      return "an integer";
    case Reply::Type::kString:
      return "a string";
    case Reply::Type::kError:
      return "an error";
    case Reply::Type::kArray:
      return "an array";
  }
  return "";
}

absl::Status Mismatch(const Reply& reply, absl::string_view wanted) {
  if (reply.is_error()) return StatusOf(reply);
  return absl::InternalError(
      absl::StrCat("Redis answered ", NameOf(reply.type), " instead of ", wanted));
}

}  // namespace

std::string_view Reply::code() const {
  if (!is_error()) return {};
  return std::string_view(text).substr(0, text.find(' '));
}

absl::StatusOr<int64_t> Reply::Integer() const {
  if (type != Type::kInteger) return Mismatch(*this, "an integer");
  return integer;
}

absl::StatusOr<std::string_view> Reply::Text() const {
  if (type != Type::kString) return Mismatch(*this, "a string");
  return std::string_view(text);
}

absl::StatusOr<absl::Span<const Reply>> Reply::Elements(size_t least) const {
  if (type != Type::kArray) return Mismatch(*this, "an array");
  if (elements.size() < least) {
    return absl::InternalError(absl::StrCat("Redis answered an array of ", elements.size(),
                                            " elements, which should have ", least));
  }
  return absl::MakeConstSpan(elements);
}

absl::Status StatusOf(const Reply& reply) {
  if (!reply.is_error()) return absl::OkStatus();
  std::string_view code = reply.code();
  if (code == "OOM") return absl::ResourceExhaustedError(reply.text);
  if (IsOneOf(code, kDenied)) return absl::PermissionDeniedError(reply.text);
  if (IsOneOf(code, kPassing)) return absl::UnavailableError(reply.text);
  return absl::InternalError(reply.text);
}

}  // namespace sluice::storage::redis
