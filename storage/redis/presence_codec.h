// SPDX-License-Identifier: Apache-2.0
//
// How presence looks in Redis. A namespace is one sorted set; its members have the score 0, so that
// they are in the order of their bytes:
//
//   i ID NUL NODE NUL EPOCH NUL SESSION NUL CONNECTED NUL USER NUL DETAIL
//   n NODE NUL EPOCH NUL ID   the same record, by its node
//   v LIFE                    the last one, by bytes and by score
//
// EPOCH is that of the node and the generation of its records, as in 1f00.000003: the node goes on
// to another one when Redis may have lost something, and claims again what it holds; what is of an
// older one then is removed, since an end that Redis has forgotten brings a record back.
//
// The score of v is the version: how many changes there were in this life of the set, which begins
// when it is made (and so again after it was empty, or lost). All fields but the detail are
// escaped, so that they have no NUL and keep their order. Internal to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/presence.h"
#include "storage/redis/reply.h"

namespace sluice::storage::redis {

// The set of a namespace. What is published of it goes to its name with ":changes" behind, which is
// in the same slot.
std::string SpaceKey(std::string_view space);
std::string ChangesChannel(std::string_view space);

// NUL becomes 1 1, and 1 becomes 1 2.
std::string Escape(std::string_view bytes);
std::string Unescape(std::string_view bytes);

// "i..." of a record.
std::string MemberOf(const PresenceRecord& record, std::string_view epoch);
// INTERNAL: that is no record.
absl::StatusOr<PresenceRecord> RecordOf(const std::string& space, std::string_view member);

// Where in the changes of a set something is.
struct Version {
  std::string life;
  int64_t number = 0;

  friend bool operator==(const Version&, const Version&) = default;
};

// What a script publishes: LIFE SPACE NUMBER SPACE changes, each KIND SIZE ":" TEXT.
struct SetChange {
  enum class Kind : char {
    kCame = '+',  // text: the member
    kIs = '=',    // it is another one's now, or says something else; text: the member
    kLeft = '-',  // text: the id, escaped
  };
  Kind kind = Kind::kCame;
  std::string text;
};
struct SetChanges {
  Version version;
  std::vector<SetChange> changes;
};
std::optional<SetChanges> ParseChanges(std::string_view payload);

// "LIFE NUMBER", as scripts answer it; nothing: nothing has changed.
std::optional<Version> ParseVersion(std::string_view text);

}  // namespace sluice::storage::redis
