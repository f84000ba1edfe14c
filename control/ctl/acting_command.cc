// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/acting_command.h"

#include <cstdint>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/ctl/preview.h"
#include "storage/time.h"

namespace sluice::ctl {

void ActingCommand::Declare(Flags& flags) {
  DeclareOwn(flags);
  selector_.Declare(flags);
  flags.Switch("--dry-run", "only shows what this would hit", &dry_run_);
}

Exit ActingCommand::Run(Session& session) {
  absl::Status status = Check(session);
  if (!status.ok()) return session.Usage(std::string(status.message()));
  auto selector = selector_.Build(session.space(), ReadClocks().date);
  if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
  if (dry_run_) return Preview(session, *selector);
  if (IsWholeNamespace(*selector) && !selector_.all()) {
    return session.Usage(absl::StrCat("nothing says which connections of ", session.space(),
                                      ": use a flag that does, or --all"));
  }
  return Act(session, *std::move(selector));
}

Exit ShowOutcome(Session& session, const google::protobuf::Message& whole,
                 const v1::Outcome& outcome) {
  session.AddUnreachable(outcome.unreachable());
  uint64_t dropped = 0;
  for (const auto& [reason, count] : outcome.dropped()) dropped += count;
  const std::map<std::string, uint64_t> reasons(outcome.dropped().begin(), outcome.dropped().end());
  session.out.Show(whole, {"MATCHED", "DONE", "DROPPED", "REASONS", "NOT FOUND"},
                   {{absl::StrCat(outcome.matched()), absl::StrCat(outcome.enqueued()),
                     absl::StrCat(dropped), absl::StrJoin(reasons, ",", absl::PairFormatter("=")),
                     absl::StrJoin(outcome.not_found(), ",")}});
  if (outcome.matched() == 0) return session.Conclude(Exit::kNothing);
  return session.Conclude(dropped > 0 ? Exit::kSome : Exit::kOk);
}

}  // namespace sluice::ctl
