// SPDX-License-Identifier: Apache-2.0
#include "control/subscription_stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/body.h"
#include "control/cluster.h"
#include "control/pulled_stream.h"
#include "control/status.h"
#include "control/values.h"
#include "gateway/hub/subscribers.h"
#include "storage/broker.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kBatchMax = 256;  // publications in one message

class SubscriptionStream final : public PulledStream<v1::SubscribeResponse> {
 public:
  SubscriptionStream(const v1::SubscribeRequest& request, const Node& node, ControlProbe& probe)
      : PulledStream(RpcOf<v1::SubscribeRequest>(), node, probe),
        space_(request.namespace_()),
        channels_(request.channels().begin(), request.channels().end()),
        probe_(probe) {
    probe_.subscribers.Add(1);
  }
  ~SubscriptionStream() override { probe_.subscribers.Add(-1); }

 private:
  absl::StatusOr<uint64_t> Open(std::function<void()> ready, Now) override {
    auto id = node_.subscribers.Subscribe(space_, channels_, ready);
    if (id.ok()) {
      node_.broker.Hear(space_, node_.home, [heard = heard_, ready](bool hears, Now) {
        *heard = hears;
        ready();
      });
      return id;
    }
    return WithRetry(Error(absl::StatusCode::kResourceExhausted, "SUBSCRIBERS_EXHAUSTED",
                           "too many subscribers (--subscribers-max)"),
                     absl::Seconds(5));
  }

  // Says that everything published from now on will come.
  v1::SubscribeResponse Greeting() const {
    v1::SubscribeResponse greeting;
    const bool unheard = !heard_->value_or(false);
    greeting.set_degraded(unheard);
    return greeting;
  }

  std::optional<v1::SubscribeResponse> Take(uint64_t id) override {
    if (!*heard_) return std::nullopt;
    if (!std::exchange(greeted_, true)) return Greeting();
    hub::Subscribers::Batch batch =
        node_.subscribers.Take(id, kBatchMax, node_.limits.response_bytes);
    if (batch.publications.empty() && batch.lost == 0) return std::nullopt;
    v1::SubscribeResponse response;
    for (const auto& publication : batch.publications) {
      auto* added = response.add_publications();
      added->set_channel(text::ToUtf8(publication->channel));
      FillBody(publication->body, added->mutable_body());
      added->set_connection_id(text::ToUtf8(publication->connection));
      added->set_user(text::ToUtf8(publication->user));
    }
    response.set_lost(batch.lost);
    response.set_backlog(batch.backlog);
    probe_.publications_sent.Add(batch.publications.size());
    probe_.publications_lost.Add(batch.lost);
    return response;
  }

  void Close(uint64_t id) override {
    node_.broker.Unhear(space_);
    node_.subscribers.Unsubscribe(id);
  }

  const std::string space_;
  const std::vector<std::string> channels_;
  ControlProbe& probe_;

  // Home thread. Whether other nodes are heard; nothing: not known yet.
  const std::shared_ptr<std::optional<bool>> heard_ = std::make_shared<std::optional<bool>>();
  bool greeted_ = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::SubscribeResponse>* StreamPublications(
    const v1::SubscribeRequest& request, absl::Status admitted, Cluster& cluster,
    ControlProbe& probe) {
  const Node& node = cluster.node();
  auto stream = std::make_shared<SubscriptionStream>(request, node, probe);
  auto* reactor = stream->Keep(stream);
  if (admitted.ok()) admitted = CheckNamespace(request.namespace_(), "namespace");
  if (admitted.ok()) {
    admitted = CheckChannels(request.channels(), node.limits.channel_name_bytes);
  }
  if (admitted.ok()) {
    stream->Begin(stream);
  } else {
    stream->Fail(std::move(admitted));
  }
  return reactor;
}

}  // namespace sluice::control
