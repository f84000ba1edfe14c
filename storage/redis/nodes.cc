// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/nodes.h"

#include <utility>

#include "absl/random/distributions.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/redis/script.h"

namespace sluice::storage::redis {
namespace {

constexpr std::string_view kKey = "nodes";
constexpr char kAlive = '+';
constexpr char kDead = '-';

// The hash has a field for each node, NAME NUL EPOCH, and "life". A value is + or - (dead), the
// counter, NUL, the facts. What is written is removed first: the first write of a script is refused
// when Redis has no memory left, unless it removes; and nodes must not die of that.

// ARGV: the node's field, its value, a life for a new hash, 1: it registers. Returns the life
// (empty: there is no hash), the node's own state (empty: none), all fields and values, and the
// counter that the node had until now (empty: none).
const Script& BeatScript() {
  static const Script script(R"(
    local key, field = KEYS[1], ARGV[1]
    local own = redis.call('HGET', key, field)
    local counter = own and string.match(own, '^.(%d*)') or ''
    own = own and string.sub(own, 1, 1) or ''
    local life = redis.call('HGET', key, 'life')
    if own == '+' or (own == '' and ARGV[4] == '1') then
      redis.call('HDEL', key, field)
      redis.call('HSET', key, field, ARGV[2])
      own = '+'
    end
    if not life and own == '+' then
      life = ARGV[3]
      redis.call('HSET', key, 'life', life)
    end
    return {life or '', own, redis.call('HGETALL', key), counter})");
  return script;
}

// ARGV: a field, what its value begins with. Returns 1: it is dead by now.
const Script& MarkScript() {
  static const Script script(R"(
    local key, field = KEYS[1], ARGV[1]
    local value = redis.call('HGET', key, field)
    if not value or string.sub(value, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
    redis.call('HDEL', key, field)
    redis.call('HSET', key, field, '-' .. string.sub(value, 2))
    return 1)");
  return script;
}

// ARGV: a field. Removes it if it is dead.
const Script& BuryScript() {
  static const Script script(R"(
    local value = redis.call('HGET', KEYS[1], ARGV[1])
    if not value or string.sub(value, 1, 1) ~= '-' then return 0 end
    return redis.call('HDEL', KEYS[1], ARGV[1]))");
  return script;
}

}  // namespace

std::string RandomName(absl::BitGen& random) {
  return absl::StrFormat("%016x", absl::Uniform<uint64_t>(random));
}

Nodes::Nodes(Client& client, Options options)
    : client_(client),
      options_(std::move(options)),
      process_(RandomName(random_)),
      epoch_(NextEpoch()) {}

std::string Nodes::NextEpoch() { return absl::StrFormat("%s-%06d", process_, ++epochs_); }

std::string Nodes::Field() const {
  return absl::StrCat(options_.name, std::string(1, '\0'), epoch_);
}

// --- The beat ------------------------------------------------------------------------------------

void Nodes::OnNewMaster() { next_ = Instant::Past(); }

void Nodes::Tick(Now now) {
  now_ = now;
  if (!std::exchange(listening_, true)) Listen();
  if (now < next_ || beating_ || left_) return;
  next_ = now + options_.lease / 8;
  Beat();
}

// What was said before it is heard is read after that; a notice that is lost, by the next beat.
void Nodes::Listen() {
  auto read = [this] { next_ = Instant::Past(); };
  client_.Subscribe(kKey, {.on_message =
                               [this, read](const std::string& who) {
                                 if (who != Field()) read();
                               },
                           .on_confirmed = read});
}

void Nodes::Announce() {
  client_.Publish(kKey, Field(), [](const absl::Status&) {});
}

void Nodes::Beat() {
  beating_ = true;
  std::string value =
      absl::StrCat(std::string(1, kAlive), ++counter_, std::string(1, '\0'), facts_);
  client_.Run(BeatScript(), kKey,
              {Field(), std::move(value), RandomName(random_), registered_ ? "0" : "1"},
              [this, epoch = epoch_, counter = counter_](const absl::StatusOr<Reply>& reply) {
                beating_ = false;
                if (epoch == epoch_ && !left_) OnBeat(reply, counter);
              });
}

void Nodes::OnBeat(const absl::StatusOr<Reply>& reply, uint64_t counter) {
  if (!reply.ok()) return;
  auto parts = reply->Elements(4);
  if (!parts.ok()) return;
  auto life = (*parts)[0].Text();
  auto own = (*parts)[1].Text();
  if (!life.ok() || !own.ok()) return;
  uint64_t had = 0;
  const bool older = absl::SimpleAtoi((*parts)[3].text, &had) && had < told_counter_;
  const bool forgotten = !life_.empty() && (life_ != *life || older);
  life_ = std::string(*life);
  told_counter_ = counter;
  Take(*own, (*parts)[2].elements, forgotten);
}

void Nodes::Take(std::string_view own, const std::vector<Reply>& all, bool forgotten) {
  if (forgotten) grace_ = now_ + patience();
  // What was not read in time says nothing.
  const bool late = now_.steady - read_at_ > patience() / 2;
  read_at_ = now_;
  for (auto& [field, entry] : entries_) {
    entry.read = false;
    if ((late || forgotten) && !entry.dead) entry.since = now_;
  }
  for (size_t i = 0; i + 1 < all.size(); i += 2) Read(all[i].text, all[i + 1].text);
  if (own == std::string_view(&kAlive, 1)) {
    if (!std::exchange(registered_, true)) Announce();
  } else if (forgotten) {
    registered_ = false;  // it registers again, as it is
    next_ = now_;
  } else {
    Evicted();
  }
  Judge();
  Publish();
  if (!forgotten) return;
  for (const Observer& observer : observers_) {
    if (observer.on_forgotten) observer.on_forgotten();
  }
}

void Nodes::Read(const std::string& field, std::string_view value) {
  const size_t name = field.find('\0');
  const size_t counter = value.find('\0');
  if (name == std::string::npos || counter == std::string_view::npos || counter == 0) return;
  Entry& entry = entries_[field];
  const bool dead = value[0] == kDead;
  const std::string_view count = value.substr(1, counter - 1);
  const bool moves = !entry.epoch.empty() && entry.counter != count;
  if (entry.epoch.empty() || moves || dead != entry.dead) entry.since = now_;
  if (moves && field != Field() && field.substr(0, name) == options_.name) {
    contested_until_ = now_ + options_.lease;
  }
  entry.name = field.substr(0, name);
  entry.epoch = field.substr(name + 1);
  entry.counter = std::string(count);
  entry.facts = std::string(value.substr(counter + 1));
  entry.dead = dead;
  entry.read = true;
}

void Nodes::Evicted() {
  registered_ = false;
  epoch_ = NextEpoch();
  counter_ = told_counter_ = 0;
  next_ = now_;  // registers
  for (const Observer& observer : observers_) {
    if (observer.on_evicted) observer.on_evicted();
  }
}

void Nodes::Leave() {
  left_ = true;
  client_.Execute("HDEL", kKey, {Field()}, [](const absl::StatusOr<Reply>&) {});
  Announce();
}

// --- The others ----------------------------------------------------------------------------------

void Nodes::Judge() {
  const std::string own = Field();
  absl::erase_if(entries_, [&](const auto& item) {
    const auto& [field, entry] = item;
    const bool over = !entry.read && (now_ >= grace_ || entry.dead);  // it has left, or is buried
    if (over && !entry.dead && field != own) TellLeft(entry);
    return over;
  });
  for (auto& [field, entry] : entries_) {
    if (entry.dead) {
      Bury(field, entry);
    } else if (entry.read && field != own && now_.steady - entry.since >= patience()) {
      MarkDead(field, entry);
    }
  }
}

// Told twice, and then it goes.
void Nodes::Bury(const std::string& field, Entry& entry) {
  if (now_.steady - entry.since < options_.lease * entry.told) return;
  if (entry.told < 2) return TellDead(entry);
  client_.Run(BuryScript(), kKey, {field}, [](const absl::StatusOr<Reply>&) {});
}

void Nodes::MarkDead(const std::string& field, const Entry& entry) {
  std::string alive = absl::StrCat(std::string(1, kAlive), entry.counter, std::string(1, '\0'));
  client_.Run(MarkScript(), kKey, {field, std::move(alive)},
              [this, field](const absl::StatusOr<Reply>& reply) {
                if (!reply.ok() || reply->integer != 1) return;
                auto found = entries_.find(field);
                if (found == entries_.end() || found->second.dead) return;
                found->second.dead = true;
                found->second.since = now_;
                Publish();
                TellDead(found->second);
              });
}

void Nodes::TellDead(Entry& entry) {
  ++entry.told;
  const std::string name = entry.name;
  const std::string epoch = entry.epoch;
  for (const Observer& observer : observers_) {
    if (observer.on_dead) observer.on_dead(name, epoch);
  }
}

void Nodes::TellLeft(const Entry& entry) const {
  for (const Observer& observer : observers_) {
    if (observer.on_left) observer.on_left(entry.name, entry.epoch);
  }
}

void Nodes::Publish() {
  std::vector<Node> live;
  for (const auto& [field, entry] : entries_) {
    if (!entry.dead) live.push_back({entry.name, entry.epoch, entry.facts});
  }
  absl::MutexLock lock(&mutex_);
  live_ = std::move(live);
}

std::vector<Nodes::Node> Nodes::live() const {
  absl::MutexLock lock(&mutex_);
  return live_;
}

}  // namespace sluice::storage::redis
