// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/presence_codec.h"

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace sluice::storage::redis {
namespace {

constexpr char kNul = '\0';
constexpr char kEscape = '\1';

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

// What is before `end`, which is taken off as well. nullopt: there is no `end`.
std::optional<std::string_view> TakeUntil(std::string_view& text, char end) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

std::optional<SetChange> TakeChange(std::string_view& text) {
  SetChange change;
  const char kind = text.front();
  if (kind != '+' && kind != '=' && kind != '-') return std::nullopt;
  change.kind = static_cast<SetChange::Kind>(kind);
  text.remove_prefix(1);
  auto digits = TakeUntil(text, ':');
  size_t size = 0;
  if (!digits || !absl::SimpleAtoi(Abseil(*digits), &size) || size > text.size()) {
    return std::nullopt;
  }
  change.text = std::string(text.substr(0, size));
  text.remove_prefix(size);
  return change;
}

}  // namespace

std::string SpaceKey(std::string_view space) {
  // The colon: braces with nothing between them do not choose a slot.
  return absl::StrCat("presence:{:", Abseil(space), "}");
}

std::string ChangesChannel(std::string_view space) { return SpaceKey(space) + ":changes"; }

std::string Escape(std::string_view bytes) {
  std::string escaped;
  escaped.reserve(bytes.size());
  for (char byte : bytes) {
    if (byte == kNul) {
      escaped += "\1\1";
    } else if (byte == kEscape) {
      escaped += "\1\2";
    } else {
      escaped += byte;
    }
  }
  return escaped;
}

std::string Unescape(std::string_view bytes) {
  std::string plain;
  plain.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == kEscape && i + 1 < bytes.size()) {
      plain += bytes[++i] == '\1' ? kNul : kEscape;
    } else {
      plain += bytes[i];
    }
  }
  return plain;
}

std::string MemberOf(const PresenceRecord& record, std::string_view epoch) {
  std::string member = "i" + Escape(record.key.id);
  auto add = [&member](std::string_view field) {
    member += kNul;
    member += field;
  };
  add(Escape(record.node));
  add(Escape(epoch));
  add(absl::StrCat(record.session));
  // As many digits each time, so that scripts compare them as text.
  add(absl::StrFormat("%020d", absl::ToUnixNanos(record.connected_at)));
  add(Escape(record.user));
  add(record.detail);
  return member;
}

absl::StatusOr<PresenceRecord> RecordOf(const std::string& space, std::string_view member) {
  absl::Status broken = absl::InternalError("a record in Redis that is none");
  if (member.empty() || member.front() != 'i') return broken;
  member.remove_prefix(1);
  std::array<std::string_view, 6> fields;
  for (std::string_view& field : fields) {
    auto taken = TakeUntil(member, kNul);
    if (!taken) return broken;
    field = *taken;
  }
  PresenceRecord record;
  int64_t connected = 0;
  if (!absl::SimpleAtoi(Abseil(fields[3]), &record.session) ||
      !absl::SimpleAtoi(Abseil(fields[4]), &connected)) {
    return broken;
  }
  record.key = {space, Unescape(fields[0])};
  record.node = Unescape(fields[1]);
  record.connected_at = absl::FromUnixNanos(connected);
  record.user = Unescape(fields[5]);
  record.detail = std::string(member);
  return record;
}

std::optional<Version> ParseVersion(std::string_view text) {
  Version version;
  auto life = TakeUntil(text, ' ');
  if (!life || !absl::SimpleAtoi(Abseil(text), &version.number)) return std::nullopt;
  version.life = std::string(*life);
  return version;
}

std::optional<SetChanges> ParseChanges(std::string_view payload) {
  SetChanges changes;
  auto life = TakeUntil(payload, ' ');
  auto number = TakeUntil(payload, ' ');
  if (!life || !number || !absl::SimpleAtoi(Abseil(*number), &changes.version.number)) {
    return std::nullopt;
  }
  changes.version.life = std::string(*life);
  while (!payload.empty()) {
    auto change = TakeChange(payload);
    if (!change) return std::nullopt;
    changes.changes.push_back(*std::move(change));
  }
  return changes;
}

}  // namespace sluice::storage::redis
