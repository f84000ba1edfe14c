// SPDX-License-Identifier: Apache-2.0
#include "control/outcomes.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "control/body.h"
#include "control/done.h"
#include "control/labels.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/client_verbs.h"
#include "gateway/hub/message.h"
#include "gateway/hub/publisher.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr size_t kKickMessageMax = 1024;  // bytes

std::vector<std::string> Sorted(google::protobuf::RepeatedPtrField<std::string>* names) {
  std::vector<std::string> sorted(std::make_move_iterator(names->begin()),
                                  std::make_move_iterator(names->end()));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::vector<std::string> ToVector(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

v1::Outcome MergeOutcomes(std::vector<v1::Outcome> outcomes,
                          const std::vector<std::string>& unreachable) {
  v1::Outcome total;
  std::vector<std::string> missing;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    v1::Outcome& outcome = outcomes[i];
    total.set_matched(total.matched() + outcome.matched());
    total.set_enqueued(total.enqueued() + outcome.enqueued());
    for (const auto& [reason, count] : outcome.dropped()) {
      (*total.mutable_dropped())[reason] += count;
    }
    AddUnreachable({outcome.unreachable().begin(), outcome.unreachable().end()}, total);
    std::vector<std::string> mine = Sorted(outcome.mutable_not_found());
    std::vector<std::string> both;
    std::set_intersection(missing.begin(), missing.end(), mine.begin(), mine.end(),
                          std::back_inserter(both));
    missing = i == 0 ? std::move(mine) : std::move(both);
  }
  for (std::string& id : missing) total.add_not_found(text::ToUtf8(std::move(id)));
  AddUnreachable(unreachable, total);
  return total;
}

template <typename RequestT, typename ResponseT>
void OutcomeVerb<RequestT, ResponseT>::Run(const Node& node, Done<Response> done) && {
  std::move(everywhere_)(node, [&home = node.home, done = std::move(done)](
                                   std::vector<hub::Outcome> parts, Now) mutable {
    Response response;
    *response.mutable_outcome() = ToProto(hub::MergeOutcomes(std::move(parts)));
    home.Post([response = std::move(response), done = std::move(done)](Now) mutable {
      done(std::move(response));
    });
  });
}

template <typename RequestT, typename ResponseT>
absl::StatusOr<ResponseT> OutcomeVerb<RequestT, ResponseT>::Merge(const Request&,
                                                                  Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  std::vector<v1::Outcome> outcomes;
  for (Response& answer : *answers) outcomes.push_back(std::move(*answer.mutable_outcome()));
  Response response;
  *response.mutable_outcome() = MergeOutcomes(std::move(outcomes), parts.unreachable);
  return response;
}

template <>
absl::StatusOr<SendVerb> SendVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  if (!IsName(request.message().event(), kNameMax)) {
    return Invalid("MESSAGE_INVALID", "message.event",
                   "an event's name has 1 to 255 bytes and no control characters");
  }
  auto body = ToPayload(request.message().body(), "message.body", SendBound(node.limits));
  if (!body.ok()) return body.status();
  auto message = std::make_shared<const hub::Message>(request.message().event(), *std::move(body),
                                                      node.encodings);
  std::optional<hub::CloseFrame> close;
  if (request.has_close_after()) {
    auto status = CheckClose(request.close_after().code(), request.close_after().reason());
    if (!status.ok()) return status;
    close = hub::CloseFrame{static_cast<uint16_t>(request.close_after().code()),
                            request.close_after().reason()};
  }
  return OnEachShard([selector = *std::move(selector), message, close](hub::Shard& shard, Now now) {
    return shard.clients().Send(selector, *message, close, now);
  });
}

template <>
absl::StatusOr<JoinVerb> JoinVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  auto status = CheckChannels(request.channels(), node.limits.channel_name_bytes);
  if (!status.ok()) return status;
  return OnEachShard(
      [selector = *std::move(selector), channels = ToVector(request.channels())](
          hub::Shard& shard, Now now) { return shard.clients().Join(selector, channels, now); });
}

template <>
absl::StatusOr<LeaveVerb> LeaveVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  auto status = CheckChannels(request.channels(), node.limits.channel_name_bytes);
  if (!status.ok()) return status;
  return OnEachShard(
      [selector = *std::move(selector), channels = ToVector(request.channels())](
          hub::Shard& shard, Now now) { return shard.clients().Leave(selector, channels, now); });
}

template <>
absl::StatusOr<UpdateConnectionsVerb> UpdateConnectionsVerb::Make(const Node& node,
                                                                  const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  if (!request.has_user() && request.labels().empty()) {
    return Invalid("UPDATE_INVALID", "user", "neither a user nor labels to set");
  }
  if (!IsNameOrEmpty(request.user(), kNameMax)) {
    return Invalid("UPDATE_INVALID", "user",
                   "a user has at most 255 bytes and no control characters");
  }
  auto labels = ToLabels(request.labels(), "UPDATE_INVALID", "labels");
  if (!labels.ok()) return labels.status();
  std::optional<std::string> user;
  if (request.has_user()) user = request.user();
  return OnEachShard([selector = *std::move(selector), user, labels = *std::move(labels)](
                         hub::Shard& shard, Now now) {
    return shard.clients().Update(selector, user, labels, now);
  });
}

template <>
absl::StatusOr<DisconnectVerb> DisconnectVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  auto status = CheckClose(request.code(), request.reason());
  if (!status.ok()) return status;
  hub::CloseFrame frame{static_cast<uint16_t>(request.code()), request.reason()};
  return OnEachShard([selector = *std::move(selector), frame = std::move(frame),
                      only = request.validate_only()](hub::Shard& shard, Now now) {
    return shard.clients().Disconnect(selector, frame, only, now);
  });
}

template <>
absl::StatusOr<KickOutVerb> KickOutVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  auto status = CheckChannels(request.channels(), node.limits.channel_name_bytes);
  if (!status.ok()) return status;
  if (request.message().size() > kKickMessageMax) {
    return Invalid("MESSAGE_INVALID", "message", "a message for the kicked has at most 1024 bytes");
  }
  return OnEachShard([selector = *std::move(selector), channels = ToVector(request.channels()),
                      message = request.message()](hub::Shard& shard, Now now) {
    return shard.clients().KickOut(selector, channels, message, now);
  });
}

template <>
absl::StatusOr<DeauthenticateVerb> DeauthenticateVerb::Make(const Node& node,
                                                            const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  return OnEachShard([selector = *std::move(selector)](hub::Shard& shard, Now now) {
    return shard.clients().Deauthenticate(selector, now);
  });
}

// Every node tells its own Subscribe streams.
template <>
absl::StatusOr<PublishVerb> PublishVerb::Make(const Node& node, const Request& request) {
  auto status = CheckNamespace(request.namespace_(), "namespace");
  if (!status.ok()) return status;
  if (!IsName(request.channel(), node.limits.channel_name_bytes)) {
    return Invalid("CHANNEL_INVALID", "channel", "not a channel's name");
  }
  auto body = ToPayload(request.body(), "body", SendBound(node.limits));
  if (!body.ok()) return body.status();
  auto saying = std::make_shared<const hub::Saying>(hub::Saying{
      request.namespace_(),
      std::make_shared<const hub::Message>(request.channel(), *std::move(body), node.encodings,
                                           /*publication=*/true)});
  return PublishVerb([saying = std::move(saying)](const Node& here, Outcomes done) {
    here.publisher.FromBackend(saying, std::move(done));
  });
}

template class OutcomeVerb<v1::SendRequest, v1::SendResponse>;
template class OutcomeVerb<v1::JoinRequest, v1::JoinResponse>;
template class OutcomeVerb<v1::LeaveRequest, v1::LeaveResponse>;
template class OutcomeVerb<v1::UpdateConnectionsRequest, v1::UpdateConnectionsResponse>;
template class OutcomeVerb<v1::DisconnectRequest, v1::DisconnectResponse>;
template class OutcomeVerb<v1::KickOutRequest, v1::KickOutResponse>;
template class OutcomeVerb<v1::DeauthenticateRequest, v1::DeauthenticateResponse>;
template class OutcomeVerb<v1::PublishRequest, v1::PublishResponse>;

}  // namespace sluice::control
