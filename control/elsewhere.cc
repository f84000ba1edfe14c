// SPDX-License-Identifier: Apache-2.0
#include "control/elsewhere.h"

#include <utility>

#include "control/envelope.h"
#include "control/holder_verbs.h"
#include "control/sayings.h"
#include "gateway/hub/shard.h"

namespace sluice::control {

bool ClusterElsewhere::Hear(const std::string& space, uint32_t shard) {
  broker_.Hear(space, home_, [this, space, shard](bool, Now) {
    shards_->Post(shard, [space](hub::Shard& s, Now) { s.Heard(space); });
  });
  return false;
}

void ClusterElsewhere::Unhear(const std::string& space, uint32_t) { broker_.Unhear(space); }

void ClusterElsewhere::Say(const hub::SharedSaying& saying) {
  if (broker_.peers().empty()) return;
  const bool sent = broker_.Say(saying->space, SealSaying(*saying)).ok();
  (sent ? probe_.said : probe_.unsaid).Add();
}

// Of a node that is silent, or of another release, nothing is inherited.
void ClusterElsewhere::Displace(const storage::PresenceRecord& holder, hub::Heir heir) {
  Ask<internal::v1::DisplaceRequest, internal::v1::Estate>(
      holder, [heir = std::move(heir)](absl::StatusOr<internal::v1::Estate> estate) mutable {
        std::move(heir)(estate.ok() ? ToEstate(*std::move(estate)) : hub::Estate{});
      });
}

// Whose node is silent is taken to be alive: if it is not, its node's lease will say so.
void ClusterElsewhere::ProbeHolder(const storage::PresenceRecord& holder, hub::Judged judged) {
  using Response = internal::v1::ProbeHolderResponse;
  Ask<internal::v1::ProbeHolderRequest, Response>(
      holder, [judged = std::move(judged)](absl::StatusOr<Response> response) mutable {
        std::move(judged)(!response.ok() || response->lives());
      });
}

template <typename Request, typename Response>
void ClusterElsewhere::Ask(const storage::PresenceRecord& holder,
                           absl::AnyInvocable<void(absl::StatusOr<Response>)> done) {
  Request request;
  *request.mutable_holder() = ToProto(holder);
  probe_.asked.Add();
  broker_.Ask(holder.node, SealAsk(request), patience_, home_,
              [this, done = std::move(done)](storage::Replies replies, Now) mutable {
                probe_.unreachable.Add(replies.unreachable.size());
                if (replies.replies.empty()) return done(absl::UnavailableError("no answer"));
                done(ParseAs<Response>(OpenReply(replies.replies.front().payload)));
              });
}

}  // namespace sluice::control
