// SPDX-License-Identifier: Apache-2.0
#include "control/views.h"

#include <utility>
#include <variant>

#include "control/body.h"
#include "control/dialects.h"
#include "control/labels.h"
#include "control/values.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

v1::Drain::State ToProto(hub::DrainView::State state) {
  switch (state) {
    case hub::DrainView::State::kRunning:
      return v1::Drain::STATE_RUNNING;
    case hub::DrainView::State::kPaused:
      return v1::Drain::STATE_PAUSED;
    case hub::DrainView::State::kDone:
      return v1::Drain::STATE_DONE;
    case hub::DrainView::State::kCancelled:
      return v1::Drain::STATE_CANCELLED;
  }
  return v1::Drain::STATE_UNSPECIFIED;
}

v1::ConnectionEvent::Type ToProto(hub::ConnectionEvent::Type type) {
  // The hub's order is the contract's.
  static_assert(static_cast<int>(hub::ConnectionEvent::Type::kOpened) + 1 ==
                v1::ConnectionEvent::TYPE_OPENED);
  static_assert(static_cast<int>(hub::ConnectionEvent::Type::kMessagesLost) + 1 ==
                v1::ConnectionEvent::TYPE_MESSAGES_LOST);
  return static_cast<v1::ConnectionEvent::Type>(static_cast<int>(type) + 1);
}

}  // namespace

v1::Outcome ToProto(hub::Outcome outcome) {
  v1::Outcome proto;
  proto.set_matched(outcome.matched);
  proto.set_enqueued(outcome.enqueued);
  for (int i = 0; i < hub::kDropReasonCount; ++i) {
    if (outcome.dropped[i] == 0) continue;
    std::string label(hub::DropLabel(static_cast<hub::DropReason>(i)));
    (*proto.mutable_dropped())[label] = outcome.dropped[i];
  }
  for (std::string& id : outcome.not_found) proto.add_not_found(text::ToUtf8(std::move(id)));
  return proto;
}

v1::Connection ToProto(hub::ConnectionView view, const std::string& node) {
  v1::Connection proto;
  proto.set_namespace_(text::ToUtf8(std::move(view.space)));
  proto.set_id(text::ToUtf8(std::move(view.id)));
  proto.set_user(text::ToUtf8(std::move(view.user)));
  FillLabels(view.labels, proto.mutable_labels());
  proto.set_dialect(ToDialect(view.dialect));
  proto.set_channel_count(view.channel_count);
  for (std::string& channel : view.channels) proto.add_channels(text::ToUtf8(std::move(channel)));
  proto.set_node(text::ToUtf8(node));
  proto.set_remote_address(text::ToUtf8(std::move(view.remote_address)));
  *proto.mutable_connected_at() = ToProto(view.connected_at);
  proto.set_authenticated(view.authenticated);
  proto.set_outbox_bytes(view.outbox_bytes);
  proto.set_calls_in_flight(view.calls_in_flight);
  return proto;
}

v1::CallResponse::Answer ToProto(hub::ClientAnswer answer) {
  v1::CallResponse::Answer proto;
  proto.set_connection_id(text::ToUtf8(std::move(answer.connection)));
  proto.set_user(text::ToUtf8(std::move(answer.user)));
  std::visit(
      Overloaded{
          [&](hub::Payload& result) { FillBody(std::move(result), proto.mutable_result()); },
          [&](hub::CallError& error) { FillCallError(std::move(error), proto.mutable_error()); },
          [&](hub::ClientAnswer::TimedOut&) { proto.set_timed_out(true); },
          [&](hub::ClientAnswer::Disconnected&) { proto.set_disconnected(true); },
      },
      answer.how);
  return proto;
}

v1::ListMethodsResponse ToProto(hub::MethodsView view) {
  v1::ListMethodsResponse proto;
  for (hub::OfferedView& method : view.methods) {
    auto* added = proto.add_methods();
    added->set_name(text::ToUtf8(std::move(method.name)));
    added->set_protected_(method.is_protected);
    for (std::string& worker : method.workers) added->add_workers(text::ToUtf8(std::move(worker)));
    for (std::string& worker : method.ejected) {
      added->add_ejected_workers(text::ToUtf8(std::move(worker)));
    }
  }
  for (hub::OfferedView& event : view.events) {
    auto* added = proto.add_events();
    added->set_name(text::ToUtf8(std::move(event.name)));
    added->set_protected_(event.is_protected);
    for (std::string& worker : event.workers) added->add_workers(text::ToUtf8(std::move(worker)));
  }
  return proto;
}

namespace {

v1::ConnectionEvent EventOf(const hub::ConnectionEvent& event) {
  v1::ConnectionEvent proto;
  proto.set_sequence(event.sequence);
  *proto.mutable_time() = control::ToProto(event.time);
  proto.set_type(ToProto(event.type));
  proto.set_namespace_(text::ToUtf8(event.space));
  proto.set_connection_id(text::ToUtf8(event.connection));
  proto.set_user(text::ToUtf8(event.user));
  proto.set_channel(text::ToUtf8(event.channel));
  proto.set_code(event.code);
  proto.set_claims_json(event.extras().claims_json);
  proto.set_reason(text::ToUtf8(event.extras().reason));
  proto.set_worker(text::ToUtf8(event.extras().worker));
  proto.set_node(text::ToUtf8(event.extras().node));
  proto.set_traceparent(text::ToUtf8(event.extras().traceparent));
  return proto;
}

}  // namespace

void AddEvent(const hub::ConnectionEvent& event, bool left_together,
              v1::WatchEventsResponse& response) {
  if (event.extras().channels.empty()) {
    v1::ConnectionEvent& added = *response.add_events();
    added = EventOf(event);
    bool alone = left_together && event.type == hub::ConnectionEvent::Type::kLeft;
    if (alone) added.add_channels(text::ToUtf8(event.channel));
    if (alone) added.clear_channel();
  } else if (left_together) {
    v1::ConnectionEvent& added = *response.add_events();
    added = EventOf(event);
    for (const std::string& channel : event.extras().channels)
      added.add_channels(text::ToUtf8(channel));
  } else {
    for (const std::string& channel : event.extras().channels) {
      v1::ConnectionEvent& added = *response.add_events();
      added = EventOf(event);
      added.set_channel(text::ToUtf8(channel));
    }
  }
}

v1::Drain ToProto(const hub::DrainView& view, absl::Time started_at,
                  const v1::StartDrainRequest& request) {
  v1::Drain proto;
  proto.set_id(text::ToUtf8(request.drain_id()));
  proto.set_state(ToProto(view.state));
  *proto.mutable_selector() = request.selector();
  proto.set_per_second(request.per_second());
  proto.set_matched(view.matched);
  proto.set_closed(view.closed);
  proto.set_gone(view.gone);
  uint64_t over = view.closed + view.gone;
  proto.set_remaining(view.matched > over ? view.matched - over : 0);
  proto.set_finishing(view.finishing);
  *proto.mutable_started_at() = ToProto(started_at);
  if (view.ended()) *proto.mutable_ended_at() = ToProto(view.ended_at);
  proto.set_refuse_new(request.refuse_new());
  return proto;
}

}  // namespace sluice::control
