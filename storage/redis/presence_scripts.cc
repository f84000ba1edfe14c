// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/presence_scripts.h"

#include <string>

namespace sluice::storage::redis {
namespace {

// `find` is the member of an id, `split` its fields: 1 id, 2 node, 3 epoch, 4 session, 5 connected,
// 6 user. `publish` tells what was noted by `tell` as one change; a set that has no records then is
// removed, with its version. A record of another epoch of the same node is one of a process that is
// no more, or of this one, before it was taken for dead or Redis lost something: it yields, since
// the node has seen to its own before it asks. But commands may overtake one another, so what comes
// from an older generation of the same process (Nodes::epoch) than the record that is there came
// too late: it changes nothing. Nor does a session that is claimed again when a younger one of this
// process has the id: that one's claim has overtaken it. Who may not publish changes may not make
// them: Redis undoes nothing of a script that fails. (Redis 6.2 cannot be asked.)
constexpr char kPrelude[] = R"(
  local key, verb, life = KEYS[1], ARGV[1], ARGV[2]
  local changes = {}
  if redis.acl_check_cmd and not redis.acl_check_cmd(verb, key .. ':changes', '') then
    return redis.error_reply('NOPERM changes of members may not be published')
  end
  local function find(id)
    return redis.call('ZRANGEBYLEX', key, '[i' .. id .. '\0', '(i' .. id .. '\1', 'LIMIT', 0, 1)[1]
  end
  local function split(member)
    local fields, from = {}, 2
    for i = 1, 6 do
      local at = string.find(member, '\0', from, true)
      fields[i] = string.sub(member, from, at - 1)
      from = at + 1
    end
    return fields
  end
  local function by_node(f) return 'n' .. f[2] .. '\0' .. f[3] .. '\0' .. f[1] end
  local function put(member) redis.call('ZADD', key, 0, member, 0, by_node(split(member))) end
  local function drop(member) redis.call('ZREM', key, member, by_node(split(member))) end
  local function tell(kind, text) changes[#changes + 1] = kind .. #text .. ':' .. text end
  local function publish()
    if #changes == 0 then return '' end
    local last = redis.call('ZRANGE', key, -1, -1)[1]
    if not last or string.sub(last, 1, 1) ~= 'v' then last = 'v' .. life end
    local version = string.sub(last, 2) .. ' ' .. redis.call('ZINCRBY', key, 1, last)
    redis.call(verb, key .. ':changes', version .. ' ' .. table.concat(changes))
    if redis.call('ZCARD', key) == 1 then redis.call('DEL', key) end
    return version
  end
  local function is_same_process(mine, theirs)
    return theirs[2] == mine[2] and string.sub(theirs[3], 1, 16) == string.sub(mine[3], 1, 16)
  end
  local function is_late(mine, theirs)
    return is_same_process(mine, theirs) and theirs[3] > mine[3]
  end
  local function is_own(theirs, mine)
    return theirs[2] == mine[2] and
           (theirs[4] == mine[4] or (theirs[3] ~= mine[3] and not is_late(mine, theirs)))
  end
  local function yields(theirs, mine, policy)
    return policy == '2' or (policy == '1' and mine[6] ~= '' and mine[6] == theirs[6])
  end
  local function replace(held, member)
    drop(held)
    put(member)
    tell('=', member)
  end
)";

std::string WithPrelude(const char* text) { return std::string(kPrelude) + text; }

}  // namespace

std::string PolicyArg(ClaimPolicy policy) {
  switch (policy) {
    case ClaimPolicy::kReject:
      return "0";
    case ClaimPolicy::kSameUser:
      return "1";
    case ClaimPolicy::kTakeover:
      return "2";
  }
  return "0";
}

const Script& ClaimScript() {
  static const Script script(WithPrelude(R"(
  local member = ARGV[4]
  local mine = split(member)
  local held = find(mine[1])
  if not held then
    put(member)
    tell('+', member)
    return {0, publish(), ''}
  end
  local theirs = split(held)
  local own = is_own(theirs, mine)
  if not own and not yields(theirs, mine, ARGV[3]) then return {2, '', held} end
  if own and is_late(mine, theirs) then return {0, '', ''} end
  replace(held, member)
  return {own and 0 or 1, publish(), held})"));
  return script;
}

const Script& UpdateScript() {
  static const Script script(WithPrelude(R"(
  local mine = split(ARGV[3])
  local held = find(mine[1])
  if not held then return {0, ''} end
  local theirs = split(held)
  if theirs[2] ~= mine[2] or theirs[4] ~= mine[4] then return {0, ''} end
  if held ~= ARGV[3] and not is_late(mine, theirs) then replace(held, ARGV[3]) end
  return {1, publish()})"));
  return script;
}

const Script& ReleaseScript() {
  static const Script script(WithPrelude(R"(
  for i = 4, #ARGV, 2 do
    local held = find(ARGV[i])
    local theirs = held and split(held)
    if held and theirs[2] == ARGV[3] and theirs[4] == ARGV[i + 1] then
      drop(held)
      tell('-', ARGV[i])
    end
  end
  return publish())"));
  return script;
}

const Script& ReclaimScript() {
  static const Script script(WithPrelude(R"(
  local answer = {''}
  for i = 3, #ARGV, 2 do
    local policy, member = ARGV[i], ARGV[i + 1]
    local mine = split(member)
    local held = find(mine[1])
    local result = 0
    if not held then
      put(member)
      tell('+', member)
    elseif held ~= member then
      local theirs = split(held)
      if theirs[2] == mine[2] then
        local outlived = is_same_process(mine, theirs) and theirs[4] ~= mine[4] and
                         theirs[5] > mine[5]
        if not is_late(mine, theirs) and not outlived then replace(held, member) end
      elseif mine[5] > theirs[5] and yields(theirs, mine, policy) then
        replace(held, member)
        result = 1
      else
        result = 2
      end
    end
    answer[#answer + 1] = result
    answer[#answer + 1] = result > 0 and held or ''
  end
  answer[1] = publish()
  return answer)"));
  return script;
}

const Script& PageScript() {
  static const Script script(R"(
  local key, after, limit = KEYS[1], ARGV[1], ARGV[2]
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  local members = redis.call('ZRANGEBYLEX', key, '[i' .. after .. '\1', '(j', 'LIMIT', 0, limit)
  return {string.sub(last[1] or 'v', 2), last[2] or '0', members})");
  return script;
}

const Script& BuryRecordsScript() {
  static const Script script(WithPrelude(R"(
  local node = 'n' .. ARGV[3] .. '\0'
  local theirs = redis.call('ZRANGEBYLEX', key, '[' .. node .. ARGV[4], '(' .. node .. ARGV[5],
                            'LIMIT', 0, 500)
  local removed = {}
  for _, entry in ipairs(theirs) do
    local id = string.sub(entry, string.find(entry, '\0', #node + 1, true) + 1)
    local held = find(id)
    if held and by_node(split(held)) == entry then
      drop(held)
      removed[#removed + 1] = held
      tell('-', id)
    else
      redis.call('ZREM', key, entry)
    end
  end
  publish()
  return {#theirs, removed})"));
  return script;
}

}  // namespace sluice::storage::redis
