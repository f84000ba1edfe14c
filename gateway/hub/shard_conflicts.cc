// SPDX-License-Identifier: Apache-2.0
//
// An id that is in use: its holder may be a ghost, a connection whose client was cut off and has
// come back. So the holder is pinged, and the newcomers wait for what comes of it. Whoever may take
// an id over (the same user, by default) does not come here.
#include <utility>

#include "gateway/hub/frame.h"
#include "gateway/hub/shard_impl.h"
#include "gateway/hub/shard_set.h"

namespace sluice::hub {
namespace {

// A newcomer may lose the id that a ghost gave back to another newcomer, and once more.
constexpr uint8_t kConflictsMax = 3;

}  // namespace

// The newcomer's side.
void Shard::Impl::OnHeld(const storage::PresenceRecord& record,
                         const storage::PresenceRecord& holder, Now now) {
  Session* session = Arriving({record.session});
  if (!session) return;
  bool here = holder.node == options.node;  // other nodes' connections are taken to be alive
  bool ask = options.id_probe_timeout > absl::ZeroDuration() && here &&
             session->arrival->conflicts++ < kConflictsMax;
  if (!ask) return OnClaimRefused(record, CloseCause::kIdTaken, now);
  set.ProbeHolder({holder.session}, session->key);
}

void Shard::Judged(SessionKey newcomer, bool holder_lives, Now now) {
  Session* session = impl_->Arriving(newcomer);
  if (!session) return;
  if (!holder_lives) return impl_->Claim(*session);
  impl_->OnClaimRefused(impl_->RecordOf(*session), CloseCause::kIdTaken, now);
}

// The holder's side.
void Shard::ProbeHolder(SessionKey holder, SessionKey newcomer, Now now) {
  Session* session = impl_->sessions.Find(holder);
  if (!session || session->state == Session::State::kClosing) {
    return impl_->set.TellJudgement(newcomer, false);
  }
  IdProbe& id_probe = impl_->id_probes[holder.value];
  id_probe.newcomers.push_back(newcomer);
  if (std::exchange(session->probed, true)) return;
  impl_->probe.id_probes.Add();
  id_probe.before = session->socket->flow();
  id_probe.timer = impl_->timers.Schedule(now + impl_->options.id_probe_timeout,
                                          impl_->TimerToken(Impl::kIdProbe, holder));
  session->socket->outbox().Append(kPingFrame);
}

// Who takes what stands in front of the ping lives as well.
void Shard::Impl::OnIdProbeOver(Session& session, Now now) {
  if (!session.probed) return;
  const Flow& before = id_probes[session.key.value].before;
  Flow flow = session.socket->flow();
  uint64_t least = options.alive_bytes_per_second;
  bool flows = FlowsEnough(flow.arrived - before.arrived, least, options.id_probe_timeout) ||
               FlowsEnough(flow.allowed - before.allowed, least, options.id_probe_timeout);
  if (flows) return EndIdProbe(session, true);
  probe.ghosts.Add();
  CloseSession(session, CloseCause::kPongTimeout, {}, now);
}

void Shard::Impl::EndIdProbe(Session& session, bool lives) {
  if (!std::exchange(session.probed, false)) return;
  auto found = id_probes.find(session.key.value);
  IdProbe ended = std::move(found->second);
  id_probes.erase(found);
  timers.Cancel(ended.timer);
  if (!lives) Flush();  // the id is free by then, and that it has left is told
  for (SessionKey newcomer : ended.newcomers) set.TellJudgement(newcomer, lives);
}

}  // namespace sluice::hub
