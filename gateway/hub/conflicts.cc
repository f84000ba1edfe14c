// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/conflicts.h"

#include <utility>

#include "gateway/hub/closer.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/event_buffer.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/neighbours.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {
namespace {

// A newcomer may lose the id that a ghost gave back to another newcomer, and once more.
constexpr uint8_t kConflictsMax = 3;

}  // namespace

Conflicts::Conflicts(Sessions& sessions, const Neighbours& neighbours, Newcomers& newcomers,
                     Closer& closer, EventBuffer& events, Deadlines& deadlines, ShardProbe& probe)
    : sessions_(sessions),
      neighbours_(neighbours),
      newcomers_(newcomers),
      closer_(closer),
      events_(events),
      deadlines_(deadlines),
      probe_(probe) {}

Conflicts::~Conflicts() = default;

// --- The newcomer's side -------------------------------------------------------------------------

void Conflicts::OnHeld(Session& newcomer, const storage::PresenceRecord& holder, Now now) {
  bool ask = newcomer.space->policy.arrival.id_probe_timeout > absl::ZeroDuration() &&
             newcomer.arrival->conflicts++ < kConflictsMax;
  if (!ask) return newcomers_.TurnAway(newcomer, CloseCause::kIdTaken, now);
  neighbours_.ProbeHolder(holder, newcomer.key);
}

void Conflicts::OnJudged(SessionKey newcomer, bool holder_lives, Now now) {
  Session* session = sessions_.FindArriving(newcomer);
  if (!session) return;
  if (!holder_lives) return newcomers_.Claim(*session);
  newcomers_.TurnAway(*session, CloseCause::kIdTaken, now);
}

// --- The holder's side ---------------------------------------------------------------------------

void Conflicts::Probe(const storage::PresenceRecord& holder, Judged judged, Now now) {
  Session* session = sessions_.HolderOf(holder);
  if (!session || session->state == Session::State::kClosing) {
    return std::move(judged)(/*lives=*/false);
  }
  IdProbe& probe = probes_[session->key];
  probe.asked.push_back(std::move(judged));
  if (std::exchange(session->life.probed, true)) return;
  probe_.id_probes.Add();
  probe.before = session->socket->flow();
  probe.timer = deadlines_.Schedule(Deadlines::Kind::kIdProbe, session->key,
                                    now + session->space->policy.arrival.id_probe_timeout);
  session->socket->outbox().AppendControl(kPingFrame);
}

// Who takes what stands in front of the ping lives as well.
void Conflicts::OnDeadline(Session& holder, Now now) {
  if (!holder.life.probed) return;
  const Flow& before = probes_[holder.key].before;
  const Flow flow = holder.socket->flow();
  const NamespacePolicy& policy = holder.space->policy;
  auto enough = [&](uint64_t bytes) {
    return FlowsEnough(bytes, policy.delivery.alive_bytes_per_second,
                       policy.arrival.id_probe_timeout);
  };
  if (enough(flow.arrived - before.arrived) || enough(flow.allowed - before.allowed)) {
    return End(holder, /*lives=*/true);
  }
  probe_.ghosts.Add();
  closer_.Close(holder, CloseCause::kPongTimeout, {}, now);
}

void Conflicts::End(Session& holder, bool lives) {
  if (!std::exchange(holder.life.probed, false)) return;
  IdProbe ended = std::move(probes_.extract(holder.key).mapped());
  deadlines_.Cancel(ended.timer);
  if (!lives) events_.Flush();  // the id is free by then, and that it has left is told
  for (Judged& judged : ended.asked) std::move(judged)(lives);
}

}  // namespace sluice::hub
