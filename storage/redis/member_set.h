// SPDX-License-Identifier: Apache-2.0
//
// The members of one namespace as this node knows them, and at which version. Decides only: what a
// message or a fresh reading changes, and whether one was missed. Internal to the room.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "storage/presence.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/reply.h"

namespace sluice::storage::redis {

using Members = absl::btree_map<std::string, PresenceRecord>;  // by id

// A set being read, a page after the other; each may be of another version.
class MemberReading {
 public:
  // INTERNAL: that is no page. ABORTED: the set is another one by now; read anew. `limit`: how many
  // were asked for.
  absl::Status Take(const std::string& space, const Reply& page, size_t limit);

  bool done() const { return done_; }
  const std::string& after() const { return after_; }  // where the next page begins

  // Heard while it is read.
  void Hear(SetChanges changes) { heard_.push_back(std::move(changes)); }

 private:
  friend class MemberSet;
  struct Page {
    std::string upto;  // the last id; of the last page it does not matter
    int64_t version = 0;
  };

  Members members_;
  std::vector<Page> pages_;
  std::vector<SetChanges> heard_;
  std::string life_;
  std::string after_;
  bool done_ = false;
};

class MemberSet {
 public:
  explicit MemberSet(std::string space) : space_(std::move(space)) {}

  enum class Fit {
    kFits,    // carried out, or known before
    kMissed,  // something before it was missed: read the set
    kLost,    // it belongs to another life of the set
  };
  // `told`: who came or left by that.
  Fit Apply(const SetChanges& changes, std::vector<PresenceChange>& told);

  // Takes what was read, and what was heard meanwhile; kFits or kMissed. `keep_missing`: who is not
  // there any more becomes doubtful, and stays until Apply, or a reading without it, says
  // otherwise.
  Fit Replace(MemberReading reading, bool keep_missing, std::vector<PresenceChange>& told);

  // Whether what has this version is in it.
  bool Has(const Version& version) const {
    return version.life.empty() ||
           (version.life == version_.life && version.number <= version_.number);
  }
  // Whether `reading` is of a set that was made after this one, so that it may lack some.
  bool IsAnother(const MemberReading& reading) const {
    return !members_.empty() && reading.life_ != version_.life;
  }
  bool any_doubtful() const { return !doubtful_.empty(); }
  const std::string& space() const { return space_; }

  std::vector<PresenceRecord> Page(const std::string& after, size_t limit) const;

 private:
  bool Known(const std::string& id, int64_t version) const;
  bool ApplyOne(const SetChange& change, int64_t version, std::vector<PresenceChange>& told);

  const std::string space_;
  Members members_;
  absl::flat_hash_set<std::string> doubtful_;
  Version version_;
  std::vector<MemberReading::Page> pages_;  // what was read is newer than version_, up to these
};

}  // namespace sluice::storage::redis
