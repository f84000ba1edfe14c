// SPDX-License-Identifier: Apache-2.0
#include "control/worker_results.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "control/body.h"
#include "control/labels.h"
#include "control/values.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

constexpr int kChannelsMax = 1000;

absl::Status CheckAccept(const v1::Accept& accept, const Limits& limits) {
  bool fine = IsNameOrEmpty(accept.id(), kNameMax) && IsNameOrEmpty(accept.user(), kNameMax) &&
              IsNameOrEmpty(accept.payload().event(), kNameMax) &&
              accept.channels().size() <= kChannelsMax;
  for (const std::string& channel : accept.channels()) {
    fine = fine && IsName(channel, limits.channel_name_bytes);
  }
  return fine ? absl::OkStatus() : absl::InvalidArgumentError("a name in it is none");
}

absl::StatusOr<hub::WorkerResult> ToAccept(v1::Accept& accept, const Limits& limits) {
  auto status = CheckAccept(accept, limits);
  if (!status.ok()) return status;
  auto labels = ToLabels(accept.labels(), "", "labels");
  if (!labels.ok()) return labels.status();
  auto payload = ToPayload(std::move(*accept.mutable_payload()->mutable_body()), "payload",
                           ResultBound(limits));
  if (!payload.ok()) return payload.status();
  return hub::Accept{.id = std::move(*accept.mutable_id()),
                     .user = std::move(*accept.mutable_user()),
                     .labels = *std::move(labels),
                     .channels = {accept.channels().begin(), accept.channels().end()},
                     .event = std::move(*accept.mutable_payload()->mutable_event()),
                     .payload = *std::move(payload),
                     .subprotocol = std::move(*accept.mutable_subprotocol())};
}

absl::StatusOr<hub::WorkerResult> ToReject(v1::Reject& reject) {
  bool fine = reject.code() == 0 || reject.code() == 1008 ||
              (reject.code() >= 4000 && reject.code() <= 4999);
  if (!fine) return absl::InvalidArgumentError("a reject code is 0, 1008 or 4000 to 4999");
  auto status = CheckClose(reject.code(), reject.reason());
  if (!status.ok()) return status;
  return hub::Reject{.code = static_cast<uint16_t>(reject.code()),
                     .reason = std::move(*reject.mutable_reason())};
}

absl::StatusOr<hub::WorkerResult> ToVerdict(v1::Verdict& proto, const Limits& limits) {
  hub::Verdict verdict;
  switch (proto.decision_case()) {
    case v1::Verdict::kAllow: {
      auto replacement = ToPayload(proto.allow().replacement(), "replacement", ResultBound(limits));
      if (!replacement.ok()) return replacement.status();
      verdict.allow = true;
      verdict.subprotocol = proto.allow().subprotocol();
      verdict.replacement = *std::move(replacement);
      return verdict;
    }
    case v1::Verdict::kBlock: {
      auto error = ToCallError(proto.block().error(), ResultBound(limits));
      if (!error.ok()) return error.status();
      verdict.silent = proto.block().silent() || !proto.block().has_error();
      verdict.error = *std::move(error);
      return verdict;
    }
    case v1::Verdict::DECISION_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("the verdict has no decision");
}

absl::StatusOr<hub::WorkerResult> TryResult(v1::InvocationResult& proto, const Limits& limits) {
  switch (proto.outcome_case()) {
    case v1::InvocationResult::kResult: {
      auto payload = ToPayload(std::move(*proto.mutable_result()), "result", ResultBound(limits));
      if (!payload.ok()) return payload.status();
      return *std::move(payload);
    }
    case v1::InvocationResult::kError: {
      auto error = ToCallError(proto.error(), ResultBound(limits));
      if (!error.ok()) return error.status();
      return *std::move(error);
    }
    case v1::InvocationResult::kAccept:
      return ToAccept(*proto.mutable_accept(), limits);
    case v1::InvocationResult::kReject:
      return ToReject(*proto.mutable_reject());
    case v1::InvocationResult::kVerdict:
      return ToVerdict(*proto.mutable_verdict(), limits);
    case v1::InvocationResult::OUTCOME_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("it has no outcome");
}

// Most are empty, and an empty string that is set costs an allocation.
using SetString = void (v1::Context::*)(std::string&&);
void Put(v1::Context& proto, SetString set, std::string text) {
  if (!text.empty()) (proto.*set)(text::ToUtf8(std::move(text)));
}

void FillContext(hub::Context& context, v1::Context& proto) {
  Put(proto, &v1::Context::set_connection_id, std::move(context.connection));
  Put(proto, &v1::Context::set_user, std::move(context.user));
  FillLabels(context.labels, proto.mutable_labels());
  Put(proto, &v1::Context::set_namespace_, std::move(context.space));
  Put(proto, &v1::Context::set_remote_address, std::move(context.remote_address));
  Put(proto, &v1::Context::set_target, std::move(context.target));
  Put(proto, &v1::Context::set_claims_json, std::move(context.claims_json));
  for (std::string& name : context.offered) {
    proto.add_offered_subprotocols(text::ToUtf8(std::move(name)));
  }
  Put(proto, &v1::Context::set_subprotocol, std::move(context.subprotocol));
  Put(proto, &v1::Context::set_traceparent, std::move(context.traceparent));
  for (auto& [name, value] : context.headers) {
    PutText(proto.mutable_headers(), std::move(name), std::move(value));
  }
}

void FillCandidate(hub::Candidate& candidate, v1::Connection* proto) {
  proto->set_namespace_(text::ToUtf8(std::move(candidate.space)));
  proto->set_id(text::ToUtf8(std::move(candidate.id)));
  v1::Dialect dialect = v1::DIALECT_UNSPECIFIED;
  v1::Dialect_Parse(absl::StrCat("DIALECT_", absl::AsciiStrToUpper(candidate.dialect)), &dialect);
  proto->set_dialect(dialect);
  proto->set_remote_address(text::ToUtf8(std::move(candidate.remote_address)));
  *proto->mutable_connected_at() = ToProto(candidate.connected_at);
}

}  // namespace

hub::CallError InvalidResult(std::string_view why) {
  return {.fault = hub::Fault::kApplication,
          .name = "InvalidResult",
          .message = absl::StrCat("the worker's answer was not usable: ", std::string(why)),
          .data_json = ""};
}

absl::StatusOr<std::unique_ptr<hub::Token>> ToToken(const std::string& claims_json,
                                                    const Limits& limits,
                                                    const hub::TokenAuthority& tokens,
                                                    absl::Time now) {
  if (!IsJson(claims_json, limits.depth_max)) {
    return absl::InvalidArgumentError("token_claims_json is not one JSON text in UTF-8");
  }
  auto token = tokens.Sign(claims_json, now);
  if (!token.ok()) return token.status();
  return std::make_unique<hub::Token>(*std::move(token));
}

hub::WorkerResult ToResult(v1::InvocationResult proto, const Limits& limits, bool& valid) {
  auto result = TryResult(proto, limits);
  valid = result.ok();
  if (!valid) return InvalidResult(std::string(result.status().message()));
  return *std::move(result);
}

hub::CallError ResultTooLarge(size_t bytes, const Limits& limits) {
  return {.fault = hub::Fault::kApplication,
          .name = "ResultTooLarge",
          .message = absl::StrCat("the worker's answer has ", bytes, " bytes, at most ",
                                  limits.worker_result_bytes, " (--worker-result-bytes)"),
          .data_json = ""};
}

v1::Invocation ToProto(uint64_t id, hub::Invocation&& invocation, hub::Context context) {
  v1::Invocation proto;
  const bool msgpack = context.msgpack;
  proto.set_id(id);
  switch (invocation.role) {
    case hub::Role::kMethod:
      proto.mutable_call()->set_method(text::ToUtf8(std::move(invocation.method)));
      FillBody(std::move(invocation.params), proto.mutable_call()->mutable_params(), msgpack);
      proto.mutable_call()->set_notification(invocation.notification);
      break;
    case hub::Role::kLogin:
      FillBody(std::move(invocation.params), proto.mutable_login()->mutable_params(), msgpack);
      break;
    case hub::Role::kAdmission:
      FillCandidate(*context.candidate, proto.mutable_admission()->mutable_connection());
      FillBody(std::move(invocation.params), proto.mutable_admission()->mutable_payload(), msgpack);
      break;
    case hub::Role::kRaw:
      FillBody(std::move(invocation.params), proto.mutable_raw()->mutable_message(), msgpack);
      break;
    case hub::Role::kGuard: {
      v1::Invocation::Guard& guard = *proto.mutable_guard();
      guard.set_action(static_cast<v1::GuardAction>(static_cast<int>(invocation.action) + 1));
      guard.set_name(text::ToUtf8(std::move(invocation.method)));
      FillBody(std::move(invocation.params), guard.mutable_data(), msgpack);
      break;
    }
  }
  FillContext(context, *proto.mutable_context());
  *proto.mutable_deadline() = ToProto(context.deadline);
  return proto;
}

hub::LostWork::Unsent TakeBack(hub::CallKey call, v1::Invocation proto) {
  switch (proto.what_case()) {
    case v1::Invocation::kCall:
      return {call, std::move(*proto.mutable_call()->mutable_method()),
              TakeBody(proto.mutable_call()->mutable_params())};
    case v1::Invocation::kLogin:
      return {call, "", TakeBody(proto.mutable_login()->mutable_params())};
    case v1::Invocation::kAdmission:
      return {call, "", TakeBody(proto.mutable_admission()->mutable_payload())};
    case v1::Invocation::kRaw:
      return {call, "", TakeBody(proto.mutable_raw()->mutable_message())};
    case v1::Invocation::kGuard:
      return {call, std::move(*proto.mutable_guard()->mutable_name()),
              TakeBody(proto.mutable_guard()->mutable_data())};
    case v1::Invocation::WHAT_NOT_SET:
      break;
  }
  return {call, "", hub::Payload::None()};
}

}  // namespace sluice::control
