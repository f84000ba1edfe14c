// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control/ctl/acting_command.h"
#include "control/ctl/body_flags.h"
#include "control/ctl/commands.h"
#include "google/protobuf/util/time_util.h"

namespace sluice::ctl {
namespace {

class Call : public ActingCommand {
 public:
  Call() : ActingCommand("call", "Asks the selected clients, and shows each answer as it comes.") {}

 private:
  void DeclareOwn(Flags& flags) override {
    flags.Argument("METHOD", "what is asked", &method_);
    body_.Declare(flags, "PARAMS");
    flags.Duration("--wait", "how long each client may take (the gateway's --client-call-timeout)",
                   &wait_);
  }

  absl::Status Check(Session& /*session*/) override {
    auto body = body_.Read();
    if (!body.ok()) return body.status();
    *request_.mutable_params() = *std::move(body);
    return absl::OkStatus();
  }

  Exit Act(Session& session, v1::Selector selector) override {
    *request_.mutable_selector() = std::move(selector);
    request_.set_method(method_);
    request_.set_scope(session.scope());
    if (wait_) {
      *request_.mutable_timeout() =
          google::protobuf::util::TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(*wait_));
    }
    Table table({"ID", "USER", "HOW", "ANSWER"}, session.out.columns());
    uint64_t bad = 0;
    v1::Outcome outcome;
    absl::Status status = session.client().Follow(request_, [&](v1::CallResponse& message) {
      if (message.has_outcome()) {
        outcome = message.outcome();
      } else if (Show(session, message.answer(), table)) {
        ++bad;
      }
      return true;
    });
    if (!status.ok()) return session.Fail(status);
    session.AddUnreachable(outcome.unreachable());
    for (const auto& [reason, count] : outcome.dropped()) bad += count;
    session.Note(absl::StrCat("asked ", outcome.enqueued(), " of ", outcome.matched()));
    for (const auto& [reason, count] : outcome.dropped()) {
      session.Note(absl::StrCat(count, " not asked: ", reason));
    }
    for (const std::string& id : outcome.not_found()) session.Note(id + ": not found");
    if (outcome.matched() == 0) return session.Conclude(Exit::kNothing);
    return session.Conclude(bad > 0 ? Exit::kSome : Exit::kOk);
  }

  // Whether it is none that was hoped for.
  static bool Show(Session& session, const v1::CallResponse::Answer& answer, Table& table) {
    using Answer = v1::CallResponse::Answer;
    std::string how = "result";
    std::string text;
    switch (answer.how_case()) {
      case Answer::kResult:
        text = BodyText(answer.result());
        break;
      case Answer::kError:
        how = "error";
        text = absl::StrCat(answer.error().name(), " ", answer.error().code(), " ",
                            answer.error().message());
        break;
      case Answer::kTimedOut:
        how = "timed out";
        break;
      case Answer::kDisconnected:
        how = "left";
        break;
      case Answer::HOW_NOT_SET:
        how = "unknown";
        break;
    }
    session.out.Tail(session.out.is_table() ? Json() : ToJson(answer), table,
                     {answer.connection_id(), answer.user(), how, text});
    return answer.how_case() != Answer::kResult;
  }

  std::string method_;
  BodyFlags body_;
  std::optional<absl::Duration> wait_;
  v1::CallRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeCall() { return std::make_unique<Call>(); }

}  // namespace sluice::ctl
