// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/drain_view.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "control/ctl/bar.h"
#include "control/ctl/connection_row.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

// Lines for whoever reads them come so often, and whenever the state changes.
constexpr absl::Duration kBetweenLines = absl::Seconds(1);

class View {
 public:
  explicit View(Session& session) : session_(session) {}

  void Show(const v1::Drain& drain, Instant now) {
    rate_.Add(now, drain.closed() + drain.gone());
    if (!session_.out.is_table()) {
      Table unused({}, 0);
      session_.out.Tail(ToJson(drain), unused, {});
    } else if (session_.out.terminal()) {
      session_.out.Write(absl::StrCat("\r",
                                      DrainBar(drain, rate_.per_second(), session_.out.columns()),
                                      "\x1b[K", HasEnded(drain) ? "\n" : ""));
      open_ = !HasEnded(drain);
    } else if (!last_ || now - *last_ >= kBetweenLines || drain.state() != state_) {
      session_.out.Write(DrainLine(drain, rate_.per_second()) + "\n");
      last_ = now;
    }
    state_ = drain.state();
  }

  // Leaves the line of the bar.
  void Close() {
    if (open_) session_.out.Write("\n");
  }

 private:
  Session& session_;
  Rate rate_;
  std::optional<Instant> last_;
  v1::Drain::State state_ = v1::Drain::STATE_UNSPECIFIED;
  bool open_ = false;
};

Exit ExitOf(Session& session, const v1::Drain& drain) {
  session.AddUnreachable(drain.unreachable());
  for (const v1::Drain::Lost& lost : drain.lost()) {
    session.Note(absl::StrCat(lost.node(), " is gone; of the ", lost.matched(),
                              " that had matched there nobody knows how many were closed"));
  }
  if (drain.state() == v1::Drain::STATE_CANCELLED) {
    session.Note(drain.id() + " was cancelled");
    return session.Conclude(Exit::kFailed);
  }
  if (drain.matched() == 0) return session.Conclude(Exit::kNothing);
  return session.Conclude(drain.lost().empty() ? Exit::kOk : Exit::kPartial);
}

}  // namespace

Row DrainHeader() {
  return {"ID",   "STATE",     "NAMESPACE", "PER SECOND", "MATCHED", "CLOSED",
          "GONE", "REMAINING", "FINISHING", "STARTED",    "ENDED"};
}

Row DrainRow(const v1::Drain& drain) {
  return {drain.id(),
          StateOf(drain),
          drain.selector().namespace_(),
          absl::StrCat(drain.per_second()),
          absl::StrCat(drain.matched()),
          absl::StrCat(drain.closed()),
          absl::StrCat(drain.gone()),
          absl::StrCat(drain.remaining()),
          absl::StrCat(drain.finishing()),
          TimeText(drain.started_at()),
          TimeText(drain.ended_at())};
}

void ShowDrain(Session& session, const v1::Drain& drain) {
  session.AddUnreachable(drain.unreachable());
  session.out.Show(drain, DrainHeader(), {DrainRow(drain)});
}

Exit WatchDrain(Session& session, const std::string& id) {
  session.interrupts.Expect([&session] { session.client().Cancel(); });
  v1::WatchDrainRequest request;
  request.set_drain_id(id);
  request.set_scope(session.scope());
  View view(session);
  v1::Drain last;
  absl::Status status = session.client().Follow(request, [&](v1::Drain& drain) {
    view.Show(drain, ReadClocks());
    last = drain;
    return true;
  });
  view.Close();
  const bool interrupted = session.interrupts.came();
  if (status.ok() && !interrupted) return ExitOf(session, last);
  const Exit exit = interrupted ? Exit::kInterrupted : session.Fail(status);
  // It was seen, and nobody said that it ended.
  if (!last.id().empty() && !HasEnded(last)) {
    session.Note(
        absl::StrCat("the drain goes on: sluicectl drain watch ", id, ", or drain cancel ", id));
  }
  return exit;
}

}  // namespace sluice::ctl
