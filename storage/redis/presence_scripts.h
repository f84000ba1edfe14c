// SPDX-License-Identifier: Apache-2.0
//
// What happens in Redis to the set of a namespace (presence_codec.h), each in one step. Their one
// key is the set. Whoever changes it publishes the change, with its version; so the first two of
// ARGV are the verb that publishes in this kind of Redis, and a life for a set that is made.
//
// None begins with #!lua, so that under OOM those work that remove first. Internal to the room.
#pragma once

#include <string>

#include "storage/presence.h"
#include "storage/redis/script.h"

namespace sluice::storage::redis {

std::string PolicyArg(ClaimPolicy policy);

// ARGV: the policy, the member.
// Returns {0 new, 1 taken over, 2 held; version or ""; the holder's member or ""}.
const Script& ClaimScript();

// ARGV: the member. Returns {0: the session does not hold it, 1; version or ""}.
const Script& UpdateScript();

// ARGV: the node, then id and session of each. Returns the version, or "": none was held.
const Script& ReleaseScript();

// ARGV: then policy and member of each. What is missing comes; what is there otherwise, or is
// another session's of this node, is replaced; of holders on two nodes the younger one wins where
// the policy lets it, else the one that is there.
// Returns {version or "", then for each 0 (it has it) or 1 (taken from) or 2 (lost to), and who}.
const Script& ReclaimScript();

// ARGV, without the first two: after which id, how many. Returns {life, number, the members}.
const Script& PageScript();

// ARGV: the node, from which epoch on, up to which. Removes at most kBuryMax of its records.
// Returns {how many it has found, the members of the records}.
inline constexpr int kBuryMax = 500;
const Script& BuryRecordsScript();

}  // namespace sluice::storage::redis
