// SPDX-License-Identifier: Apache-2.0
#include "control/subscription_stream.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/body.h"
#include "control/pulled_stream.h"
#include "control/status.h"
#include "control/values.h"
#include "gateway/hub/exchange.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kBatchMax = 256;  // publications in one message

class SubscriptionStream final : public PulledStream<v1::SubscribeResponse> {
 public:
  SubscriptionStream(const v1::SubscribeRequest& request, const Node& node, ControlProbe& probe)
      : PulledStream(Rpc::kSubscribe, node, probe),
        space_(request.namespace_()),
        channels_(request.channels().begin(), request.channels().end()),
        probe_(probe) {
    probe_.subscribers.Add(1);
  }
  ~SubscriptionStream() override { probe_.subscribers.Add(-1); }

 private:
  absl::StatusOr<uint64_t> Open(absl::AnyInvocable<void()> ready) override {
    auto id = node_.exchange.Subscribe(space_, channels_, std::move(ready));
    if (id.ok()) return id;
    return WithRetry(Error(absl::StatusCode::kResourceExhausted, "SUBSCRIBERS_EXHAUSTED",
                           "too many subscribers (--subscribers-max)"),
                     absl::Seconds(5));
  }

  // Says that everything published from now on will come.
  std::optional<v1::SubscribeResponse> Greeting() override { return v1::SubscribeResponse(); }

  std::optional<v1::SubscribeResponse> Take(uint64_t id) override {
    hub::Exchange::Batch batch = node_.exchange.Take(id, kBatchMax, node_.limits.response_bytes);
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

  void Close(uint64_t id) override { node_.exchange.Unsubscribe(id); }

  const std::string space_;
  const std::vector<std::string> channels_;
  ControlProbe& probe_;
};

}  // namespace

grpc::ServerWriteReactor<v1::SubscribeResponse>* StreamPublications(
    const v1::SubscribeRequest& request, absl::Status admitted, const Node& node,
    ControlProbe& probe) {
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
