// SPDX-License-Identifier: Apache-2.0
//
// The drains of this node as backends see them: the hub closes connections, the book remembers who
// asked for what, so that the same request again finds the drain that it started (AIP-155). Home
// thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/done.h"
#include "gateway/hub/drains.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

class DrainBook {
 public:
  // `drains` outlives this.
  explicit DrainBook(hub::Drains& drains) : drains_(drains) {}

  // `request` has an id; `plan` is this node's share of it.
  // ALREADY_EXISTS DRAIN_ID_TAKEN, RESOURCE_EXHAUSTED DRAINS_EXHAUSTED.
  void Start(const v1::StartDrainRequest& request, hub::DrainPlan plan, Now now,
             Done<v1::Drain> done);

  // NOT_FOUND DRAIN_NOT_FOUND; but for Get, FAILED_PRECONDITION DRAIN_ENDED.
  absl::StatusOr<v1::Drain> Get(const std::string& id) const;
  absl::StatusOr<v1::Drain> Pause(const std::string& id, Now now);
  absl::StatusOr<v1::Drain> Resume(const std::string& id, Now now);
  absl::StatusOr<v1::Drain> Cancel(const std::string& id, Now now);

  // As hub::Drains.
  using Watch = absl::AnyInvocable<void(v1::Drain)>;
  absl::StatusOr<uint64_t> AddWatch(const std::string& id, Watch watch);
  void Unwatch(uint64_t watch) { drains_.Unwatch(watch); }

 private:
  struct Entry {
    v1::StartDrainRequest request;
    bool started = false;
    std::vector<Done<v1::Drain>> waiting;  // for the selection to be made
  };
  void OnStarted(const std::string& id, absl::StatusOr<hub::DrainView> view);
  void Repeat(const std::string& id, Entry& entry, const v1::StartDrainRequest& request,
              Done<v1::Drain> done);
  absl::StatusOr<v1::Drain> Show(absl::StatusOr<hub::DrainView> view) const;
  void Forget();

  hub::Drains& drains_;
  std::map<std::string, Entry> entries_;
};

}  // namespace sluice::control
