// SPDX-License-Identifier: Apache-2.0
//
// The verbs of drains. Their shape is said in outcomes.h. A drain that spans nodes has a part with
// the same id on each; what backends see is the sum.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "control/drain_book.h"
#include "control/node.h"
#include "control/parts.h"
#include "gateway/hub/drains.h"
#include "sluice/internal/v1/cluster.pb.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// INVALID_ARGUMENT: all that can be wrong with it.
absl::Status CheckStartDrain(const Node& node, const v1::StartDrainRequest& request);

// Each node's share of a pace, in proportion to what it holds, at least one.
std::map<std::string, uint32_t> SharePace(uint32_t per_second,
                                          const std::map<std::string, uint64_t>& matched);

// The drain as a whole; an error only if no node knows it.
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
  uint32_t per_second_ = 0;
};

// Get, Pause, Resume, Cancel: an id, and what to do with it.
template <typename RequestT>
class DrainVerb {
 public:
  using Request = RequestT;
  using Response = v1::Drain;

  static absl::StatusOr<DrainVerb> Make(const Node&, const Request& request) {
    return DrainVerb(request.drain_id());
  }
  void Run(const Node& node, Done<Response> done) && {
    node.home.Post([&book = node.drains, id = std::move(id_),
                    done = std::move(done)](Now now) mutable { done(Act(book, id, now)); });
  }
  static absl::StatusOr<Response> Merge(const Request&, Parts<Response> parts) {
    return MergeDrains(std::move(parts));
  }

 private:
  explicit DrainVerb(std::string id) : id_(std::move(id)) {}
  static absl::StatusOr<v1::Drain> Act(DrainBook& book, const std::string& id, Now now);

  std::string id_;
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
