// SPDX-License-Identifier: Apache-2.0
//
// Whatever bytes reach the hub, no string of a message that leaves is anything but UTF-8.
#include <gtest/gtest.h>

#include <memory>

#include <string>

#include "control/status.h"
#include "control/views.h"
#include "control/worker_results.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kBad[] = "Caf\xe9";
constexpr char kGood[] = "Caf\xef\xbf\xbd";

void ExpectText(const Message& message, int& strings);

void ExpectText(const Message& message, const FieldDescriptor& field, int index, int& strings) {
  const auto& reflection = *message.GetReflection();
  const bool many = field.is_repeated();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ExpectText(many ? reflection.GetRepeatedMessage(message, &field, index)
                           : reflection.GetMessage(message, &field),
                      strings);
  }
  if (field.type() != FieldDescriptor::TYPE_STRING) return;
  std::string text = many ? reflection.GetRepeatedString(message, &field, index)
                          : reflection.GetString(message, &field);
  EXPECT_TRUE(text::IsUtf8(text)) << field.full_name();
  strings += text.find(kGood) != std::string::npos;
}

// Counts the strings that were made sound.
void ExpectText(const Message& message, int& strings) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    int size = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) ExpectText(message, *field, i, strings);
  }
}

int Repaired(const Message& message) {
  int strings = 0;
  ExpectText(message, strings);
  std::string bytes = message.SerializeAsString();
  std::unique_ptr<Message> read(message.New());
  EXPECT_TRUE(read->ParseFromString(bytes)) << "a reader that checks takes it";
  return strings;
}

hub::Context BadContext() {
  return {.connection = kBad,
          .user = kBad,
          .labels = {{kBad, kBad}},
          .space = kBad,
          .remote_address = kBad,
          .target = kBad,
          .claims_json = {},
          .headers = {{kBad, kBad}},
          .offered = {kBad},
          .subprotocol = kBad,
          .traceparent = kBad,
          .candidate = {},
          .deadline = {},
          .time_left = {}};
}

TEST(WireText, OfInvocations) {
  for (hub::Role role : {hub::Role::kMethod, hub::Role::kLogin, hub::Role::kAdmission,
                         hub::Role::kRaw, hub::Role::kGuard}) {
    hub::Invocation invocation;
    invocation.role = role;
    invocation.method = kBad;
    invocation.params = hub::Payload::Text(kBad);
    hub::Context context = BadContext();
    context.candidate = std::make_unique<hub::Candidate>(hub::Candidate{
        .space = kBad, .id = kBad, .dialect = kBad, .remote_address = kBad, .connected_at = {}});
    EXPECT_GE(Repaired(ToProto(7, std::move(invocation), std::move(context))), 10);
  }
}

TEST(WireText, OfViews) {
  hub::ConnectionView view;
  view.space = view.id = view.user = view.remote_address = kBad;
  view.labels = {{kBad, kBad}};
  view.channels = {kBad, kBad};
  EXPECT_EQ(Repaired(ToProto(std::move(view), kBad)), 9);

  hub::ClientAnswer answer{kBad, kBad,
                           hub::CallError{.name = kBad, .message = kBad, .data_json = {}}};
  EXPECT_EQ(Repaired(ToProto(std::move(answer))), 4);

  hub::MethodsView methods{{{kBad, false, {kBad}, {kBad}}}, {{kBad, false, {kBad}, {}}}};
  EXPECT_EQ(Repaired(ToProto(std::move(methods))), 5);

  hub::Outcome outcome;
  outcome.not_found = {kBad};
  EXPECT_EQ(Repaired(ToProto(std::move(outcome))), 1);
}

TEST(WireText, OfEvents) {
  hub::ConnectionEvent event;
  event.space = event.connection = event.user = event.channel = kBad;
  event.more = std::make_shared<const hub::ConnectionEvent::More>(
      hub::ConnectionEvent::More{.reason = kBad, .channels = {kBad, kBad}});
  v1::WatchEventsResponse response;
  AddEvent(event, /*left_together=*/true, response);
  EXPECT_EQ(Repaired(response), 7);
}

TEST(WireText, OfErrors) { EXPECT_EQ(Repaired(ToProto(Invalid("NAME_INVALID", kBad, kBad))), 1); }

}  // namespace
}  // namespace sluice::control
