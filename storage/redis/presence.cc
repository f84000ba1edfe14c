// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/presence.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "storage/redis/holdings.h"
#include "storage/redis/mirrors.h"
#include "storage/redis/notices.h"
#include "storage/redis/presence_codec.h"
#include "storage/redis/presence_context.h"
#include "storage/redis/presence_scripts.h"
#include "storage/redis/sweeper.h"
#include "storage/redis/undertaker.h"

namespace sluice::storage::redis {
namespace {

using Records = std::vector<PresenceRecord>;

// Calls `done` on `home` with what it is called with.
template <typename T>
auto OnHome(Executor& home, Presence::Done<T> done) {
  return [&home, done = std::move(done)](absl::StatusOr<T> result) mutable {
    home.Post([done = std::move(done), result = std::move(result)](Now now) mutable {
      done(std::move(result), now);
    });
  };
}

// `over` is for the executor's thread.
struct Watching {
  explicit Watching(Presence::Watcher w) : watcher(std::move(w)) {}
  Presence::Watcher watcher;
  std::atomic<bool> over{false};
};

struct Loser {
  Executor& home;
  std::shared_ptr<Presence::Lost> lost;
};
struct Mourner {
  Executor& home;
  std::shared_ptr<Presence::Buried> buried;
};

}  // namespace

struct RedisPresence::Impl {
  Impl(Thread& t, Nodes& nodes, bool sharded)
      : thread(t),
        context{.client = t.client(), .nodes = nodes, .probe = probe, .sharded = sharded},
        mirrors(context),
        notices(context,
                {.on_taken = [this](const PresenceKey& key, uint64_t session,
                                    bool settled) { holdings.OnTaken(key, session, settled); },
                 .on_disputed = [this](const std::string& space,
                                       const std::string& id) { holdings.ClaimAgain(space, id); },
                 .on_deaf = [this] { holdings.ClaimAll(/*anew=*/false); }}),
        holdings(context,
                 {.lost = [this](const PresenceRecord& record) { TellLost(record); },
                  .changed = [this](const std::string& space,
                                    const Version& version) { mirrors.Await(space, version); },
                  .taken = [this](const PresenceRecord& theirs,
                                  bool settled) { notices.TellTaken(theirs, settled); },
                  .disputed =
                      [this](const std::string& space, const std::vector<std::string>& ids) {
                        notices.TellDisputed(space, ids);
                      }}),
        undertaker(context, [this](const Burial& burial) { TellBuried(burial); }),
        sweeper(
            context, [this] { return holdings.settled(); }, [this] { return holdings.spaces(); }) {
    // What died may have taken over something that its holder has not heard of.
    nodes.Observe({.on_dead =
                       [this](const std::string& name, const std::string& epoch) {
                         if (undertaker.Bury(name, epoch)) probe.nodes_died.Add();
                         holdings.ClaimAll(/*anew=*/false);
                       },
                   .on_left = [this](const std::string& name,
                                     const std::string&) { TellBuried({name, {}, true}); },
                   .on_evicted =
                       [this] {
                         probe.evicted.Add();
                         holdings.ClaimAll(/*anew=*/true);
                       },
                   .on_forgotten =
                       [this] {
                         probe.forgotten.Add();
                         OnLoss();
                       }});
  }

  void OnLoss() {
    holdings.ClaimAll(/*anew=*/true);
    mirrors.OnLoss();
  }

  void TellLost(const PresenceRecord& record) {
    probe.lost.Add();
    for (const Loser& loser : losers) {
      loser.home.Post([lost = loser.lost, record](Now now) { (*lost)(record, now); });
    }
  }

  void TellBuried(const Burial& burial) {
    for (const Mourner& mourner : mourners) {
      mourner.home.Post([buried = mourner.buried, burial](Now now) { (*buried)(burial, now); });
    }
  }

  void ReadPage(std::string space, Records page, Mirrors::Query query);
  void OnPage(const std::string& space, Records page, Mirrors::Query query,
              const absl::StatusOr<Reply>& reply, size_t asked);
  void Judge();

  Thread& thread;
  PresenceProbe probe;
  PresenceContext context;
  Mirrors mirrors;
  Notices notices;
  Holdings holdings;
  Undertaker undertaker;
  Sweeper sweeper;
  std::vector<Loser> losers;
  std::vector<Mourner> mourners;
  bool started = false;

  mutable absl::Mutex mutex;
  Health health ABSL_GUARDED_BY(mutex) = {.degraded = true, .why = "not connected yet"};
  absl::flat_hash_map<WatchId, std::shared_ptr<Watching>> watches ABSL_GUARDED_BY(mutex);
  WatchId next_watch ABSL_GUARDED_BY(mutex) = 1;
};

RedisPresence::RedisPresence(Thread& thread, Nodes& nodes, bool sharded)
    : impl_(std::make_unique<Impl>(thread, nodes, sharded)) {}

RedisPresence::~RedisPresence() = default;

// --- The thread's --------------------------------------------------------------------------------

void RedisPresence::OnNewMaster() { impl_->OnLoss(); }

void RedisPresence::Tick(Now now) {
  impl_->context.now = now;
  if (!std::exchange(impl_->started, true)) impl_->notices.Start();
  impl_->holdings.Tick();
  impl_->notices.Tick();
  impl_->mirrors.Tick();
  impl_->undertaker.Tick();
  impl_->sweeper.Tick();
  impl_->Judge();
}

void RedisPresence::Impl::Judge() {
  probe.unclaimed.Add(static_cast<int64_t>(holdings.unclaimed()) - probe.unclaimed.value());
  Health now = context.client.health();
  if (!now.degraded && !context.nodes.registered()) {
    now = {.degraded = true, .why = "this node is not known in Redis yet"};
  } else if (!now.degraded && context.nodes.contested()) {
    now = {.degraded = true, .why = "another node has this node's name"};
  } else if (!now.degraded && holdings.unclaimed() > 0) {
    now = {.degraded = true,
           .why = absl::StrCat(holdings.unclaimed(), " connections are not claimed again yet")};
  }
  absl::MutexLock lock(&mutex);
  if (health.degraded != now.degraded) health.since = context.now.date;
  health.degraded = now.degraded;
  health.why = std::move(now.why);
}

Health RedisPresence::health() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->health;
}

const metrics::Source& RedisPresence::metrics() const { return impl_->probe; }

// --- Records -------------------------------------------------------------------------------------

void RedisPresence::TryClaim(PresenceRecord record, ClaimPolicy policy, Executor& home,
                             Done<Claim> done) {
  impl_->thread.Post([impl = impl_.get(), record = std::move(record), policy,
                      done = OnHome<Claim>(home, std::move(done))](Now) mutable {
    const std::string space = record.key.space;
    impl->mirrors.AfterReading(
        space, [impl, record = std::move(record), policy, done = std::move(done)]() mutable {
          impl->holdings.TryClaim(std::move(record), policy, std::move(done));
        });
  });
}

void RedisPresence::Keep(PresenceRecord record, ClaimPolicy policy) {
  impl_->thread.Post([impl = impl_.get(), record = std::move(record), policy](Now) {
    impl->holdings.Keep(record, policy);
  });
}

void RedisPresence::Update(PresenceRecord record) {
  impl_->thread.Post(
      [impl = impl_.get(), record = std::move(record)](Now) { impl->holdings.Update(record); });
}

void RedisPresence::Release(const PresenceKey& key, const std::string& node, uint64_t session) {
  impl_->thread.Post([impl = impl_.get(), key, node, session](Now) {
    if (node == impl->context.nodes.name()) impl->holdings.Release(key, session);
  });
}

void RedisPresence::OnLost(Executor& home, Lost lost) {
  impl_->thread.Post([impl = impl_.get(), &home, lost = std::make_shared<Lost>(std::move(lost))](
                         Now) { impl->losers.push_back({home, lost}); });
}

void RedisPresence::OnBuried(Executor& home, Buried buried) {
  impl_->thread.Post(
      [impl = impl_.get(), &home, buried = std::make_shared<Buried>(std::move(buried))](Now) {
        impl->mourners.push_back({home, buried});
      });
}

// --- Who is there --------------------------------------------------------------------------------

void RedisPresence::List(const std::string& space, const std::string& after, size_t limit,
                         Executor& home, Done<Records> done) {
  impl_->thread.Post([impl = impl_.get(), space, after, limit,
                      done = OnHome<Records>(home, std::move(done))](Now) mutable {
    Mirrors::Query query{after, limit, std::move(done)};
    if (!impl->mirrors.List(space, query)) impl->ReadPage(space, {}, std::move(query));
  });
}

// What nobody watches is read from Redis, in steps that hold it up for a few ms at most.
void RedisPresence::Impl::ReadPage(std::string space, Records page, Mirrors::Query query) {
  constexpr size_t kStep = 1000;
  const size_t asked = std::min(kStep, query.limit - page.size());
  if (asked == 0) return query.done(std::move(page));
  std::vector<std::string> args = {Escape(page.empty() ? query.after : page.back().key.id),
                                   absl::StrCat(asked)};
  const std::string key = SpaceKey(space);
  context.client.Run(PageScript(), key, std::move(args),
                     [this, space = std::move(space), page = std::move(page),
                      query = std::move(query), asked](const absl::StatusOr<Reply>& reply) mutable {
                       OnPage(space, std::move(page), std::move(query), reply, asked);
                     });
}

void RedisPresence::Impl::OnPage(const std::string& space, Records page, Mirrors::Query query,
                                 const absl::StatusOr<Reply>& reply, size_t asked) {
  auto parts = reply.ok() ? reply->Elements(3) : reply.status();
  if (!parts.ok()) return query.done(ToPresence(parts.status()));
  const std::vector<Reply>& members = (*parts)[2].elements;
  for (const Reply& member : members) {
    auto record = RecordOf(space, member.text);
    if (!record.ok()) return query.done(record.status());
    page.push_back(*std::move(record));
  }
  if (members.size() < asked) return query.done(std::move(page));
  ReadPage(space, std::move(page), std::move(query));
}

void RedisPresence::Count(const std::string& space, Executor& home, Done<size_t> done) {
  impl_->thread.Post(
      [impl = impl_.get(), space, done = OnHome<size_t>(home, std::move(done))](Now) mutable {
        impl->context.client.Execute(
            "ZLEXCOUNT", SpaceKey(space), {"[i", "(j"},
            [done = std::move(done)](const absl::StatusOr<Reply>& reply) mutable {
              auto count = reply.ok() ? reply->Integer() : reply.status();
              if (!count.ok()) return done(ToPresence(count.status()));
              done(static_cast<size_t>(*count));
            });
      });
}

Presence::WatchId RedisPresence::Watch(const std::string& space, Executor& home, Watcher watcher) {
  auto watching = std::make_shared<Watching>(std::move(watcher));
  WatchId id = 0;
  {
    absl::MutexLock lock(&impl_->mutex);
    id = impl_->next_watch++;
    impl_->watches.emplace(id, watching);
  }
  impl_->thread.Post([impl = impl_.get(), space, id, &home, watching](Now) {
    impl->mirrors.Watch(space, id, [&home, watching](const PresenceChange& change) {
      home.Post([watching, change](Now now) {
        if (!watching->over) watching->watcher(change, now);
      });
    });
  });
  return id;
}

void RedisPresence::Unwatch(WatchId watch) {
  {
    absl::MutexLock lock(&impl_->mutex);
    auto found = impl_->watches.find(watch);
    if (found == impl_->watches.end()) return;
    found->second->over = true;
    impl_->watches.erase(found);
  }
  impl_->thread.Post([impl = impl_.get(), watch](Now) { impl->mirrors.Unwatch(watch); });
}

}  // namespace sluice::storage::redis
