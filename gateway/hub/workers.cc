// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/workers.h"

#include <utility>

#include "gateway/hub/event_buffer.h"
#include "gateway/hub/invoker.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/rights.h"

namespace sluice::hub {
namespace {

constexpr Duration kLookEvery = absl::Milliseconds(500);

}  // namespace

// Every shard comes to the same conclusions; the first tells of them.
absl::Status Workers::Register(const Registration& registration, Now now) {
  auto conflicts = methods_.Register(registration);
  if (!conflicts.ok()) return conflicts.status();
  if (shard_ == 0) {
    for (AccessConflict& conflict : *conflicts)
      TellConflict(registration, std::move(conflict), now);
  }
  rights_.ExpelStrangers(registration, now);
  return absl::OkStatus();
}

void Workers::TellConflict(const Registration& registration, AccessConflict conflict, Now now) {
  probe_.access_conflicts.Add();
  ConnectionEvent event;
  event.type = ConnectionEvent::Type::kAccessConflict;
  event.time = now.date;
  event.space = registration.space;
  event.channel = std::move(conflict.name);
  event.more = std::make_shared<const ConnectionEvent::More>(
      ConnectionEvent::More{.reason = std::move(conflict.what)});
  events_.Add(std::move(event));
}

void Workers::Deregister(const Deregistration& deregistration, Now now) {
  methods_.Deregister(deregistration,
                      [&](Endpoint& endpoint) { invoker_.calls().FailWaiting(endpoint, now); });
}

void Workers::Withdraw(WorkerId worker, Now now) {
  methods_.RemoveWorker(worker,
                        [&](Endpoint& endpoint) { invoker_.calls().FailWaiting(endpoint, now); });
}

void Workers::Lose(WorkerId worker, LostWork lost, Now now) {
  Withdraw(worker, now);
  GiveBack(std::move(lost), now);
}

void Workers::GiveBack(LostWork work, Now now) { invoker_.calls().Lose(std::move(work), now); }

void Workers::Complete(CallKey call, WorkerResult&& result, Now now, std::unique_ptr<Token> token) {
  invoker_.calls().Complete(call, std::move(result), now, std::move(token));
}

void Workers::OnCredit(Now now) { invoker_.calls().Pump(now); }

void Workers::LookForEjected(Now now) {
  if (now < next_look_) return;
  next_look_ = now + kLookEvery;
  OnCredit(now);
}

}  // namespace sluice::hub
