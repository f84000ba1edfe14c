// SPDX-License-Identifier: Apache-2.0
//
// What another node may ask of a session that holds an id which one of its own wants
// (hub/elsewhere.h). Verbs as any (outcomes.h), but that one node alone is asked, so that nothing
// is merged.
#pragma once

#include <utility>

#include "control/done.h"
#include "control/node.h"
#include "gateway/hub/shard_types.h"
#include "sluice/internal/v1/hub.pb.h"
#include "storage/presence.h"

namespace sluice::control {

internal::v1::Holder ToProto(const storage::PresenceRecord& holder);
hub::Estate ToEstate(internal::v1::Estate proto);

class DisplaceVerb {
 public:
  using Request = internal::v1::DisplaceRequest;
  using Response = internal::v1::Estate;

  static absl::StatusOr<DisplaceVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  explicit DisplaceVerb(storage::PresenceRecord holder) : holder_(std::move(holder)) {}
  storage::PresenceRecord holder_;
};

class ProbeHolderVerb {
 public:
  using Request = internal::v1::ProbeHolderRequest;
  using Response = internal::v1::ProbeHolderResponse;

  static absl::StatusOr<ProbeHolderVerb> Make(const Node& node, const Request& request);
  void Run(const Node& node, Done<Response> done) &&;

 private:
  explicit ProbeHolderVerb(storage::PresenceRecord holder) : holder_(std::move(holder)) {}
  storage::PresenceRecord holder_;
};

}  // namespace sluice::control
