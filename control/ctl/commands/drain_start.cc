// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/drain_view.h"
#include "control/ctl/preview.h"
#include "control/ctl/selector_flags.h"
#include "control/ctl/session.h"
#include "control/ctl/spaces.h"
#include "google/protobuf/util/time_util.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(
      absl::ToInt64Nanoseconds(duration));
}

class DrainStart : public Command {
 public:
  DrainStart()
      : Command("drain start", "Closes the selected connections at a pace, and watches it.") {}

  void Declare(Flags& flags) override {
    flags.Whole("--per-second", "COUNT", "closes a second, on all nodes together (needed)", 1,
                100000, &per_second_);
    flags.Whole("--jitter", "PERCENT", "random spread of each close, of the interval", 0, 100,
                &jitter_);
    flags.Duration("--grace", "how long what is under way may take (the gateway's --drain-grace)",
                   &grace_);
    flags.Duration("--reconnect-window", "advise each client of a moment within it to come back",
                   &window_);
    flags.Whole("--code", "CODE", "the close code (the dialect's own: come back elsewhere)", 1000,
                4999, &code_);
    flags.Text("--reason", "TEXT", "the reason in the close", &reason_);
    flags.Text("--drain-id", "ID", "its id, 1 to 63 of [a-z0-9-]", &id_);
    flags.Switch("--refuse-new", "refuse new connections meanwhile; with --all alone",
                 &refuse_new_);
    flags.Switch("--no-wait", "do not watch it", &no_wait_);
    selector_.Declare(flags);
    flags.Switch("-A,--all-namespaces", "one namespace after the other, each at that pace",
                 &all_spaces_);
    flags.Switch("--dry-run", "only shows what this would hit", &dry_run_);
  }

  Exit Run(Session& session) override {
    if (per_second_ == 0 && !dry_run_) return session.Usage("--per-second: needed");
    if (all_spaces_ && (no_wait_ || !id_.empty())) {
      return session.Usage("--all-namespaces: goes with neither --no-wait nor --drain-id");
    }
    auto spaces = SpacesOf(session, all_spaces_);
    if (!spaces.ok()) return session.Fail(spaces.status());
    // Of several, what is wrong with one ends it; that nothing matched in one does not.
    Exit total = Exit::kNothing;
    for (const std::string& space : *spaces) {
      auto selector = selector_.Build(space, ReadClocks().date);
      if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
      if (IsWholeNamespace(*selector) && !selector_.all() && !dry_run_) {
        return session.Usage(absl::StrCat("nothing says which connections of ", space,
                                          ": use a flag that does, or --all"));
      }
      const Exit exit = dry_run_ ? Preview(session, *selector) : One(session, *std::move(selector));
      if (exit == Exit::kNothing) continue;
      if (exit != Exit::kOk && exit != Exit::kPartial) return exit;
      if (total != Exit::kPartial) total = exit;
    }
    return total;
  }

 private:
  Exit One(Session& session, v1::Selector selector) {
    v1::StartDrainRequest request;
    *request.mutable_selector() = std::move(selector);
    request.set_scope(session.scope());
    request.set_drain_id(id_);
    request.set_per_second(static_cast<uint32_t>(per_second_));
    request.set_jitter_percent(static_cast<uint32_t>(jitter_));
    request.set_code(static_cast<uint32_t>(code_));
    request.set_reason(reason_);
    request.set_refuse_new(refuse_new_);
    if (grace_) *request.mutable_grace() = ToProto(*grace_);
    if (window_) *request.mutable_reconnect_window() = ToProto(*window_);
    auto drain = session.client().Ask(request);
    if (!drain.ok()) return session.Fail(drain.status());
    if (!no_wait_) return WatchDrain(session, drain->id());
    ShowDrain(session, *drain);
    return session.Conclude(drain->matched() == 0 ? Exit::kNothing : Exit::kOk);
  }

  SelectorFlags selector_;
  uint64_t per_second_ = 0;
  uint64_t jitter_ = 0;
  std::optional<absl::Duration> grace_;
  std::optional<absl::Duration> window_;
  uint64_t code_ = 0;
  std::string reason_;
  std::string id_;
  bool refuse_new_ = false;
  bool no_wait_ = false;
  bool all_spaces_ = false;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDrainStart() { return std::make_unique<DrainStart>(); }

}  // namespace sluice::ctl
