// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/keepalive.h"

#include "gateway/hub/closer.h"
#include "gateway/hub/conflicts.h"
#include "gateway/hub/deadlines.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/session.h"

namespace sluice::hub {

void Keepalive::Start(Session& session, Now now) {
  session.life.liveness.Start(session.socket->flow(), now);
  Schedule(session);
}

void Keepalive::Schedule(Session& session) {
  session.life.timer =
      deadlines_.Schedule(Deadlines::Kind::kLife, session.key,
                          session.life.liveness.Next(session.dialect->traits().liveness));
}

// The next ping may be due before the answer to the last one would have been.
void Keepalive::Heard(Session& session, Now now) {
  if (session.life.probed) conflicts_.End(session, /*lives=*/true);
  if (!session.life.liveness.Heard(now) || !session.open()) return;
  deadlines_.Cancel(session.life.timer);
  Schedule(session);
}

void Keepalive::OnDeadline(Session& session, Now now) {
  if (session.state == Session::State::kGreeting) {
    return closer_.Close(session, CloseCause::kHandshakeTimeout, {}, now);
  }
  if (!session.open()) return;
  Liveness& liveness = session.life.liveness;
  const LivenessRule& rule = session.dialect->traits().liveness;
  if (session.Silenced()) {  // what it says is not read, so its silence means nothing
    liveness.Heard(now);
    liveness.Renew(now);
  }
  const uint64_t least = session.space->policy.delivery.alive_bytes_per_second;
  switch (liveness.Check(rule, session.socket->flow(), least, now)) {
    case Liveness::Action::kDead:
      return closer_.Close(session, CloseCause::kPongTimeout, {}, now);
    case Liveness::Action::kExpired:
      return closer_.Close(session, CloseCause::kExpired, {}, now);
    case Liveness::Action::kPing:
      session.socket->outbox().AppendControl(rule.ping);
      break;
    case Liveness::Action::kNothing:
      break;
  }
  Schedule(session);
}

}  // namespace sluice::hub
