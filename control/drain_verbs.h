// SPDX-License-Identifier: Apache-2.0
//
// The verbs of drains. Their shape is said in outcomes.h. A drain that spans nodes has a part with
// the same id on each; what backends see is the sum.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "control/done.h"
#include "control/drain_book.h"
#include "control/drain_shares.h"
#include "control/node.h"
#include "control/parts.h"
#include "gateway/hub/drains.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"
#include "storage/executor.h"

namespace sluice::control {

// INVALID_ARGUMENT: all that can be wrong with it.
absl::Status CheckStartDrain(const Node& node, const v1::StartDrainRequest& request);

// The drain as a whole; an error only if no node knows it. A node that answers is not lost,
// whatever others say: it was taken for dead.
absl::StatusOr<v1::Drain> MergeDrains(Parts<v1::Drain> parts);

// The two halves of StartDrain (drain_start.h). They are never merged by themselves.
class SelectDrainVerb {
 public:
  using Request = v1::StartDrainRequest;
  using Response = v1::Drain;

  static absl::StatusOr<SelectDrainVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  v1::StartDrainRequest request_;
  hub::DrainPlan plan_;
};

class BeginDrainVerb {
 public:
  using Request = internal::v1::BeginDrainRequest;
  using Response = v1::Drain;

  static absl::StatusOr<BeginDrainVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  std::string id_;
  absl::Time started_at_ = absl::InfinitePast();  // no drain's
  std::optional<DrainShares> shares_;             // nothing: it does not begin after all
};

// Get, Pause, Resume, Cancel: an id, and what to do with it.
template <typename RequestT>
class DrainVerb {
 public:
  using Request = RequestT;
  using Response = v1::Drain;

  static absl::StatusOr<DrainVerb> Make(const Node&, const Request& request) {
    return DrainVerb(request.drain_id(), request.scope() == v1::SCOPE_LOCAL);
  }
  void Run(const Node& node, Done<Response> done) && {
    node.home.Post([&book = node.drains, id = std::move(id_), local = local_,
                    done = std::move(done)](Now now) mutable {
      auto drain = Act(book, id, now);
      if (drain.ok() && local) drain = OwnPart(*std::move(drain));
      done(std::move(drain));
    });
  }
  static absl::StatusOr<Response> Merge(const Request&, Parts<Response> parts) {
    return MergeDrains(std::move(parts));
  }

 private:
  DrainVerb(std::string id, bool local) : id_(std::move(id)), local_(local) {}
  static absl::StatusOr<v1::Drain> Act(DrainBook& book, const std::string& id, Now now);

  std::string id_;
  bool local_;
};

using GetDrainVerb = DrainVerb<v1::GetDrainRequest>;
using PauseDrainVerb = DrainVerb<v1::PauseDrainRequest>;
using ResumeDrainVerb = DrainVerb<v1::ResumeDrainRequest>;
using CancelDrainVerb = DrainVerb<v1::CancelDrainRequest>;

template <>
inline absl::StatusOr<v1::Drain> GetDrainVerb::Act(DrainBook& book, const std::string& id, Now) {
  return book.Get(id);
}
template <>
inline absl::StatusOr<v1::Drain> PauseDrainVerb::Act(DrainBook& book, const std::string& id,
                                                     Now now) {
  return book.Pause(id, now);
}
template <>
inline absl::StatusOr<v1::Drain> ResumeDrainVerb::Act(DrainBook& book, const std::string& id,
                                                      Now now) {
  return book.Resume(id, now);
}
template <>
inline absl::StatusOr<v1::Drain> CancelDrainVerb::Act(DrainBook& book, const std::string& id,
                                                      Now now) {
  return book.Cancel(id, now);
}

}  // namespace sluice::control
