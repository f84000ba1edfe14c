// SPDX-License-Identifier: Apache-2.0
#include "control/holder_verbs.h"

#include <algorithm>

#include "control/done.h"
#include "gateway/hub/shard_set.h"

namespace sluice::control {
namespace {

storage::PresenceRecord ToRecord(const Node& node, const internal::v1::Holder& proto) {
  storage::PresenceRecord record;
  record.key = {proto.namespace_bytes(), proto.id_bytes()};
  record.node = node.name;
  record.session = proto.session();
  return record;
}

internal::v1::Estate ToProto(hub::Estate estate) {
  internal::v1::Estate proto;
  proto.set_owed(estate.owed);
  proto.set_authenticated(estate.authenticated);
  proto.set_user_bytes(std::move(estate.user));
  proto.set_close_code(estate.frame.code);
  proto.set_close_reason(std::move(estate.frame.reason));
  for (hub::Estate::Place& place : estate.places) {
    internal::v1::Estate::Place& added = *proto.add_places();
    added.set_channel_bytes(std::move(place.channel));
    added.set_entry(static_cast<uint32_t>(place.entry));
  }
  return proto;
}

// What a newer node says and this one does not know has the fewest rights.
hub::Entry ToEntry(uint32_t entry) {
  const bool known = entry <= static_cast<uint32_t>(hub::Entry::kBackend);
  return known ? static_cast<hub::Entry>(entry) : hub::Entry::kStranger;
}

}  // namespace

internal::v1::Holder ToProto(const storage::PresenceRecord& holder) {
  internal::v1::Holder proto;
  proto.set_namespace_bytes(holder.key.space);
  proto.set_id_bytes(holder.key.id);
  proto.set_session(holder.session);
  return proto;
}

hub::Estate ToEstate(internal::v1::Estate proto) {
  hub::Estate estate;
  estate.owed = proto.owed();
  estate.authenticated = proto.authenticated();
  estate.user = std::move(*proto.mutable_user_bytes());
  estate.frame = {static_cast<uint16_t>(proto.close_code()),
                  std::move(*proto.mutable_close_reason())};
  for (auto& place : *proto.mutable_places()) {
    estate.places.push_back({std::move(*place.mutable_channel_bytes()), ToEntry(place.entry())});
  }
  return estate;
}

absl::StatusOr<DisplaceVerb> DisplaceVerb::Make(const Node& node, const Request& request) {
  return DisplaceVerb(ToRecord(node, request.holder()));
}

void DisplaceVerb::Run(const Node& node, Done<Response> done) && {
  node.shards.DisplaceHere(holder_, [done = std::move(done)](hub::Estate estate) mutable {
    done(ToProto(std::move(estate)));
  });
}

absl::StatusOr<ProbeHolderVerb> ProbeHolderVerb::Make(const Node& node, const Request& request) {
  return ProbeHolderVerb(ToRecord(node, request.holder()));
}

void ProbeHolderVerb::Run(const Node& node, Done<Response> done) && {
  node.shards.ProbeHere(holder_, [done = std::move(done)](bool lives) mutable {
    Response response;
    response.set_lives(lives);
    done(std::move(response));
  });
}

}  // namespace sluice::control
