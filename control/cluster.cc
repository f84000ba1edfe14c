// SPDX-License-Identifier: Apache-2.0
#include "control/cluster.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "control/drain_book.h"
#include "control/sayings.h"
#include "control/status.h"
#include "control/verbs.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/subscribers.h"
#include "storage/broker.h"
#include "storage/executor.h"

namespace sluice::control {
namespace {

// What the broker would not take.
absl::Status NotAsked(const absl::Status& refusal) {
  if (absl::IsInvalidArgument(refusal)) {
    return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                 absl::StrCat("not for the other nodes: ", std::string(refusal.message())));
  }
  return WithRetry(
      Error(absl::StatusCode::kResourceExhausted, "CLUSTER_OVERLOADED",
            absl::StrCat("the other nodes cannot be asked: ", std::string(refusal.message()))),
      absl::Seconds(1));
}

}  // namespace

// --- Asking --------------------------------------------------------------------------------------

absl::Status Cluster::AskPeers(std::string ask, absl::Duration timeout,
                               absl::AnyInvocable<void(Parts<std::string>)> done) {
  absl::Status asked =
      node_.broker.AskAll(std::move(ask), timeout, node_.home,
                          [this, done = std::move(done)](storage::Replies replies, Now) mutable {
                            Parts<std::string> parts;
                            for (auto& [node, payload] : replies.replies) {
                              parts.parts.push_back({std::move(node), OpenReply(payload)});
                            }
                            probe_.unreachable.Add(replies.unreachable.size());
                            parts.unreachable = std::move(replies.unreachable);
                            done(std::move(parts));
                          });
  if (!asked.ok()) return NotAsked(asked);
  probe_.asked.Add();
  return asked;
}

void Cluster::Carry(std::shared_ptr<Gathering> gathering, bool wide,
                    const google::protobuf::Message& request, absl::Duration patience) {
  // The others first: if they cannot be asked, nothing is done here either.
  if (wide && !alone()) {
    gathering->AwaitPeers();
    absl::Status asked =
        AskPeers(SealAsk(request), patience,
                 [gathering](Parts<std::string> peers) { gathering->OnPeers(std::move(peers)); });
    if (!asked.ok()) return gathering->Refuse(std::move(asked));
  }
  Gathering& here = *gathering;
  here.RunHere(std::move(gathering));
}

void Cluster::AskPeer(const std::string& node, std::string ask, absl::Duration timeout,
                      absl::AnyInvocable<void(absl::StatusOr<std::string>, Now)> done) {
  probe_.asked.Add();
  node_.broker.Ask(node, std::move(ask), timeout, node_.home,
                   [this, done = std::move(done)](storage::Replies replies, Now now) mutable {
                     probe_.unreachable.Add(replies.unreachable.size());
                     if (replies.replies.empty()) {
                       return done(absl::UnavailableError("no answer"), now);
                     }
                     done(OpenReply(replies.replies.front().payload), now);
                   });
}

// --- Being asked ---------------------------------------------------------------------------------

void Cluster::Serve() {
  storage::Broker::Service service;
  service.on_ask = [this](std::string payload, Reply reply) { OnAsk(payload, std::move(reply)); };
  service.on_said = [this](std::string space, std::string payload, std::string node) {
    OnSaid(std::move(space), node, payload);
  };
  service.on_gap = [this](const storage::Gap& gap, Now now) { OnGap(gap, now); };
  service.on_gone = [this](std::string node) { OnGone(std::move(node)); };
  if (listener_) {
    service.on_told = [this](std::string payload, std::string node) {
      listener_->OnTold(node, payload);
    };
  }
  node_.broker.Serve(node_.home, std::move(service));
}

void Cluster::OnAsk(const std::string& payload, Reply reply) {
  probe_.answered.Add();
  if (auto ask = OpenAsk(payload); ask.ok()) {
    const bool known = AllVerbs::Find(ask->request_type(), [&]<typename Verb>() {
      RunHere<Verb>(ask->request(), std::move(reply));
    });
    if (known) return;
  }
  probe_.refused.Add();
  reply(SealReply(NotUnderstood()));
}

void Cluster::OnGap(const storage::Gap& gap, Now now) {
  probe_.gaps.Add();
  // No client's namespace begins like this; what nodes say there they say again.
  if (gap.space.starts_with('\n')) return;
  gap_events_.Tell(gap, now, node_.events);
  if (!gap.space.empty()) return node_.subscribers.TellGap(gap.space);
  if (listener_) listener_->OnGap(gap.node);
}

void Cluster::OnGone(std::string node) {
  if (listener_) listener_->OnGone(node);
  node_.home.Post(
      [&drains = node_.drains, node = std::move(node)](Now now) { drains.OnGone(node, now); });
}

void Cluster::OnSaid(std::string space, const std::string& node, const std::string& payload) {
  if (listener_ && listener_->OnSaid(space, node, payload)) return;
  auto saying = OpenSaying(std::move(space), payload, node_.encodings);
  (saying.ok() ? probe_.heard : probe_.refused).Add();
  if (saying.ok()) node_.publisher.FromElsewhere(*saying);
}

template <typename Verb>
void Cluster::RunHere(const std::string& request, Reply reply) {
  typename Verb::Request parsed;
  if (!parsed.ParseFromString(request)) return reply(SealReply(NotUnderstood()));
  absl::StatusOr<Verb> verb = Verb::Make(node_, parsed);
  if (!verb.ok()) return reply(SealReply(verb.status()));
  std::move(*verb).Run(
      node_, [reply = std::move(reply)](absl::StatusOr<typename Verb::Response> response) mutable {
        if (!response.ok()) return reply(SealReply(response.status()));
        reply(SealReply(response->SerializeAsString()));
      });
}

}  // namespace sluice::control
