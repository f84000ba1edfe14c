// SPDX-License-Identifier: Apache-2.0
//
// The shard's front: what the edge and the workers tell it.
#include "gateway/hub/shard.h"

#include <utility>

#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {

Shard::Impl::Impl(Shard& shard, uint32_t i, const ShardOptions& o, const ShardPorts& ports,
                  ShardProbe& shard_probe)
    : self_shard(shard),
      index(i),
      options(o),
      set(ports.set),
      self(ports.self),
      presence(ports.presence),
      outlet(ports.events),
      tokens(ports.tokens),
      tap(ports.tap),
      encodings(ports.encodings),
      probe(shard_probe),
      sessions(i),
      batches(i),
      methods(o.methods_max, o.refuse_conflicts),
      method_lists(methods, options.list_bytes),
      calls(i, options, *this, timers, kCall, shard_probe),
      asks(i, timers) {}

Shard::Shard(uint32_t index, const ShardOptions& options, const ShardPorts& ports,
             ShardProbe& probe)
    : impl_(std::make_unique<Impl>(*this, index, options, ports, probe)) {}

Shard::~Shard() = default;

// --- The edge ------------------------------------------------------------------------------------

bool Shard::Refuses(std::string_view space) const {
  return !impl_->refused_spaces.empty() && impl_->refused_spaces.contains(std::string(space));
}

SessionKey Shard::Open(Arrival arrival, Socket& socket, Now now) {
  return impl_->Open(std::move(arrival), socket, now);
}

bool Shard::Receive(SessionKey key, std::string_view bytes, bool binary, Now now) {
  Session* session = impl_->sessions.Find(key);
  if (!session || !impl_->Hears(*session)) return false;
  impl_->Heard(*session, now);
  impl_->ExpireToken(*session, now);
  if (!impl_->Hears(*session)) return false;
  return impl_->Receive(*session, bytes, binary, now);
}

bool Shard::Reading(SessionKey key) const {
  Session* session = impl_->sessions.Find(key);
  return session && impl_->Reading(*session);
}

void Shard::Alive(SessionKey key, Now now) {
  if (Session* session = impl_->sessions.Find(key)) impl_->Heard(*session, now);
}

void Shard::Closed(SessionKey key, const CloseFrame& frame, Now now) {
  impl_->Closed(key, frame, now);
}

void Shard::Tick(Now now) {
  impl_->timers.Advance(now, [&](uint64_t token) { impl_->OnTimer(token, now); });
  impl_->TellGathered(now);
  impl_->RenewPresence(now);
  impl_->LookForEjected(now);
}

void Shard::Impl::OnTimer(uint64_t token, Now now) {
  Key key{(token & ~kKindMask) | uint64_t{index} << 56};
  switch (token & kKindMask) {
    case kSession:
      if (Session* session = sessions.Find(key)) OnSessionTimer(*session, now);
      return;
    case kToken:
      if (Session* session = OpenSession(key)) OnTokenTimer(*session, now);
      return;
    case kCall:
      return calls.OnDeadline(key, now);
    case kAsk:
      if (PendingAsk* ask = asks.Find(key)) {
        Session* session = sessions.Find(ask->session);
        if (asks.TimeOut(key, session)) probe.client_call_timeouts.Add();
        if (session) PartIfAtRest(*session);
      }
      return;
    case kIdProbe:
      if (Session* session = sessions.Find(key)) OnIdProbeOver(*session, now);
      return;
    case kTurn:
      if (Session* session = sessions.Find(key)) OnTurn(*session, now);
      return;
    case kGrace:
      return OnGraceOver(key, now);
  }
}

void Shard::EndTurn() { impl_->Flush(); }

DirtyList& Shard::dirty() { return impl_->dirty; }

size_t Shard::sessions() const { return impl_->sessions.size(); }

// --- Workers -------------------------------------------------------------------------------------

// Every shard comes to the same conclusions; the first tells of them.
absl::Status Shard::Register(const Registration& registration, Now now) {
  auto conflicts = impl_->methods.Register(registration);
  if (!conflicts.ok()) return conflicts.status();
  if (impl_->index == 0) {
    for (AccessConflict& conflict : *conflicts) {
      impl_->probe.access_conflicts.Add();
      impl_->events.push_back({ConnectionEvent::Type::kAccessConflict,
                               now.date,
                               registration.space,
                               {},
                               {},
                               std::move(conflict.name),
                               0,
                               std::move(conflict.what),
                               0});
    }
  }
  impl_->ExpelStrangers(registration, now);
  return absl::OkStatus();
}

void Shard::Deregister(const Deregistration& deregistration, Now now) {
  impl_->methods.Deregister(deregistration,
                            [&](Endpoint& endpoint) { impl_->calls.FailWaiting(endpoint, now); });
}

void Shard::Withdraw(WorkerId worker, Now now) {
  impl_->methods.RemoveWorker(worker,
                              [&](Endpoint& endpoint) { impl_->calls.FailWaiting(endpoint, now); });
}

void Shard::WorkerGone(WorkerId worker, LostWork lost, Now now) {
  Withdraw(worker, now);
  impl_->calls.Lose(std::move(lost), now);
}

void Shard::Complete(CallKey call, WorkerResult result, Now now, std::unique_ptr<Token> token) {
  impl_->calls.Complete(call, std::move(result), now, std::move(token));
}

// Nobody says when an ejection is over, so calls that wait look now and then.
void Shard::Impl::LookForEjected(Now now) {
  if (now < next_look) return;
  next_look = now + kLookEvery;
  calls.Pump(now);
}

void Shard::Impl::OnPlaceFreed() {
  for (uint32_t i = 0; i < set.size(); ++i) {
    set.Post(i, [](Shard& shard, Now now) { shard.CreditFreed(now); });
  }
}

void Shard::CreditFreed(Now now) { impl_->calls.Pump(now); }

}  // namespace sluice::hub
