// SPDX-License-Identifier: Apache-2.0
#include "control/drain_book.h"

#include <utility>

#include "control/selector.h"
#include "control/status.h"
#include "control/views.h"

namespace sluice::control {
namespace {

absl::Status Explain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return Error(status.code(), "DRAIN_NOT_FOUND", "no such drain", "drain_id");
    case absl::StatusCode::kFailedPrecondition:
      return Error(status.code(), "DRAIN_ENDED", "the drain has ended", "drain_id");
    case absl::StatusCode::kAlreadyExists:
      return Error(status.code(), "DRAIN_ID_TAKEN", "the id names another drain", "drain_id");
    case absl::StatusCode::kResourceExhausted:
      return WithRetry(
          Error(status.code(), "DRAINS_EXHAUSTED", "too many drains are running (--drains-max)"),
          absl::Seconds(5));
    default:
      return Error(status.code(), "INTERNAL", std::string(status.message()));
  }
}

}  // namespace

void DrainBook::Start(const v1::StartDrainRequest& request, hub::DrainPlan plan, Now now,
                      Done<v1::Drain> done) {
  Forget();
  const std::string& id = request.drain_id();
  auto [found, added] = entries_.try_emplace(id);
  if (!added) return Repeat(id, found->second, request, std::move(done));
  found->second.request = request;
  found->second.waiting.push_back(std::move(done));
  plan.id = id;
  drains_.Start(std::move(plan), now, [this, id](absl::StatusOr<hub::DrainView> view) {
    OnStarted(id, std::move(view));
  });
}

void DrainBook::OnStarted(const std::string& id, absl::StatusOr<hub::DrainView> view) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto waiting = std::move(found->second.waiting);
  found->second.waiting.clear();
  found->second.started = view.ok();
  absl::StatusOr<v1::Drain> answer = Show(std::move(view));
  if (!answer.ok()) entries_.erase(found);
  for (auto& done : waiting) done(answer);
}

void DrainBook::Repeat(const std::string& id, Entry& entry, const v1::StartDrainRequest& request,
                       Done<v1::Drain> done) {
  if (Fingerprint(entry.request) != Fingerprint(request)) {
    return done(Explain(absl::AlreadyExistsError("")));
  }
  if (entry.started) return done(Get(id));
  entry.waiting.push_back(std::move(done));
}

absl::StatusOr<v1::Drain> DrainBook::Get(const std::string& id) const {
  return Show(drains_.Get(id));
}

absl::StatusOr<v1::Drain> DrainBook::Pause(const std::string& id, Now now) {
  return Show(drains_.Pause(id, now));
}

absl::StatusOr<v1::Drain> DrainBook::Resume(const std::string& id, Now now) {
  return Show(drains_.Resume(id, now));
}

absl::StatusOr<v1::Drain> DrainBook::Cancel(const std::string& id, Now now) {
  return Show(drains_.Cancel(id, now));
}

absl::StatusOr<uint64_t> DrainBook::AddWatch(const std::string& id, Watch watch) {
  auto added =
      drains_.AddWatch(id, [this, watch = std::move(watch)](const hub::DrainView& view) mutable {
        if (auto drain = Show(view); drain.ok()) watch(*std::move(drain));
      });
  if (!added.ok()) return Explain(added.status());
  return added;
}

absl::StatusOr<v1::Drain> DrainBook::Show(absl::StatusOr<hub::DrainView> view) const {
  if (!view.ok()) return Explain(view.status());
  auto found = entries_.find(view->id);
  // Drains that the node began by itself have no request.
  return ToProto(*view, found == entries_.end() ? v1::StartDrainRequest() : found->second.request);
}

// The hub forgets ended drains when it needs the room; so does the book.
void DrainBook::Forget() {
  for (auto it = entries_.begin(); it != entries_.end();) {
    bool gone = it->second.started && absl::IsNotFound(drains_.Get(it->first).status());
    it = gone ? entries_.erase(it) : std::next(it);
  }
}

}  // namespace sluice::control
