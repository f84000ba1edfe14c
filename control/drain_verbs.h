// SPDX-License-Identifier: Apache-2.0
//
// The verbs of drains. Their shape is said in outcomes.h. A drain that spans nodes has a part with
// the same id on each; what backends see is the sum.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

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

class StartDrainVerb {
 public:
  using Request = internal::v1::StartDrainPart;
  using Response = v1::Drain;
  static constexpr internal::v1::Rpc kRpc = internal::v1::RPC_START_DRAIN;

  static absl::StatusOr<StartDrainVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;
  static absl::StatusOr<Response> Merge(const Request&, Parts<Response> parts) {
    return MergeDrains(std::move(parts));
  }

 private:
  v1::StartDrainRequest request_;
  hub::DrainPlan plan_;
};

// Get, Pause, Resume, Cancel: an id, and what to do with it.
template <typename RequestT, internal::v1::Rpc rpc>
class DrainVerb {
 public:
  using Request = RequestT;
  using Response = v1::Drain;
  static constexpr internal::v1::Rpc kRpc = rpc;

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
  static absl::StatusOr<v1::Drain> Act(DrainBook& book, const std::string& id, Now now) {
    switch (rpc) {
      case internal::v1::RPC_PAUSE_DRAIN:
        return book.Pause(id, now);
      case internal::v1::RPC_RESUME_DRAIN:
        return book.Resume(id, now);
      case internal::v1::RPC_CANCEL_DRAIN:
        return book.Cancel(id, now);
      default:
        return book.Get(id);
    }
  }

  std::string id_;
};

using GetDrainVerb = DrainVerb<v1::GetDrainRequest, internal::v1::RPC_GET_DRAIN>;
using PauseDrainVerb = DrainVerb<v1::PauseDrainRequest, internal::v1::RPC_PAUSE_DRAIN>;
using ResumeDrainVerb = DrainVerb<v1::ResumeDrainRequest, internal::v1::RPC_RESUME_DRAIN>;
using CancelDrainVerb = DrainVerb<v1::CancelDrainRequest, internal::v1::RPC_CANCEL_DRAIN>;

}  // namespace sluice::control
