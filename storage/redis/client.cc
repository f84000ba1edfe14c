// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/client.h"

#include <cassert>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gateway/runtime/loop.h"
#include "storage/redis/commands.h"
#include "storage/redis/context.h"
#include "storage/redis/refusals.h"
#include "storage/redis/routers.h"
#include "storage/redis/slots.h"
#include "storage/redis/tls.h"
#include "storage/thread_checker.h"

namespace sluice::storage::redis {

struct Client::Impl final : Router::User {
  Impl(runtime::Loop& loop, Options given, TlsContext tls)
      : options(std::move(given)),
        context{.loop = loop, .options = options, .probe = probe, .tls = std::move(tls)},
        subscriptions(context),
        router(MakeRouter(context, *this, subscriptions)),
        commands(
            context, *router,
            [this](const Args& command, const absl::Status& why) { refusals.Note(command, why); }),
        refusals(context, *router, commands) {
    subscriptions.Use(*router);
  }

  void OnNewMaster() override { new_master = true; }
  void OnSlotsMoved() override { slots_moved = true; }

  std::string Named(std::string_view name) const { return options.prefix() + std::string(name); }

  // Told here and not where it is noticed, so that nobody is called from within a call.
  void TellMoves() {
    if (std::exchange(slots_moved, false)) subscriptions.OnSlotsMoved();
    if (std::exchange(new_master, false) && on_new_master) on_new_master();
  }

  void Judge(Now now) {
    absl::Status trouble = router->trouble();
    if (trouble.ok()) trouble = subscriptions.Trouble(now);
    if (trouble.ok()) trouble = refusals.trouble();
    absl::MutexLock lock(&mutex);
    if (health.degraded == trouble.ok()) health.since = now.date;
    health.degraded = !trouble.ok();
    health.why = std::string(trouble.message());
  }

  const Options options;
  Probe probe;
  Context context;
  Subscriptions subscriptions;
  std::unique_ptr<Router> router;
  Commands commands;
  Refusals refusals;
  std::function<void()> on_new_master;
  bool new_master = false;
  bool slots_moved = false;
  [[no_unique_address]] ThreadChecker thread;

  mutable absl::Mutex mutex;
  Health health ABSL_GUARDED_BY(mutex) = {.degraded = true, .why = "not connected yet"};
};

absl::StatusOr<std::unique_ptr<Client>> Client::Make(runtime::Loop& loop, Options options) {
  if (absl::Status status = Validate(options); !status.ok()) return status;
  absl::StatusOr<TlsContext> tls = MakeTlsContext(options);
  if (!tls.ok()) return tls.status();
  auto impl = std::make_unique<Impl>(loop, std::move(options), *std::move(tls));
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

void Client::Start(std::function<void()> on_new_master) {
  assert(impl_->thread.IsCurrent());
  impl_->on_new_master = std::move(on_new_master);
  impl_->router->Start();
}

void Client::Stop(Now now) {
  assert(impl_->thread.IsCurrent());
  impl_->router->Stop();
  impl_->commands.Stop();
  impl_->Judge(now);
}

void Client::Tick(Now now) {
  assert(impl_->thread.IsCurrent());
  impl_->router->Tick(now);
  impl_->TellMoves();
  impl_->commands.Tick(now);
  impl_->refusals.Tick(now);
  impl_->subscriptions.Tick(now);
  impl_->Judge(now);
}

void Client::Execute(std::string_view verb, std::string_view key, std::vector<std::string> args,
                     Done done) {
  assert(impl_->thread.IsCurrent());
  std::string named = impl_->Named(key);
  uint16_t slot = SlotOf(named);
  args.insert(args.begin(), {std::string(verb), std::move(named)});
  impl_->commands.Run(slot, std::move(args), nullptr, std::move(done));
}

void Client::Run(const Script& script, std::string_view key, std::vector<std::string> args,
                 Done done) {
  assert(impl_->thread.IsCurrent());
  std::string named = impl_->Named(key);
  uint16_t slot = SlotOf(named);
  args.insert(args.begin(), {"EVALSHA", script.sha1(), "1", std::move(named)});
  impl_->commands.Run(slot, std::move(args), &script, std::move(done));
}

void Client::Publish(std::string_view channel, std::string payload, Published done) {
  assert(impl_->thread.IsCurrent());
  std::string named = impl_->Named(channel);
  uint16_t slot = SlotOf(named);
  Args args = {impl_->router->sharded() ? "SPUBLISH" : "PUBLISH", std::move(named),
               std::move(payload)};
  impl_->commands.Run(slot, std::move(args), nullptr,
                      [done = std::move(done)](const absl::StatusOr<Reply>& reply) mutable {
                        done(reply.status());
                      });
}

void Client::Subscribe(std::string_view channel, Listener listener) {
  assert(impl_->thread.IsCurrent());
  impl_->subscriptions.Subscribe(impl_->Named(channel), std::move(listener));
}

void Client::Unsubscribe(std::string_view channel) {
  assert(impl_->thread.IsCurrent());
  impl_->subscriptions.Unsubscribe(impl_->Named(channel));
}

Health Client::health() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->health;
}

const metrics::Source& Client::metrics() const { return impl_->probe; }

}  // namespace sluice::storage::redis
