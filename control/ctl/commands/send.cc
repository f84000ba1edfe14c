// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "control/ctl/acting_command.h"
#include "control/ctl/body_flags.h"
#include "control/ctl/commands.h"

namespace sluice::ctl {
namespace {

class Send : public ActingCommand {
 public:
  Send() : ActingCommand("send", "Sends an event to the selected connections.") {}

 private:
  void DeclareOwn(Flags& flags) override {
    flags.Argument("EVENT", "the event's name", &event_);
    body_.Declare(flags, "BODY");
    flags.Whole("--close", "CODE", "close each connection right behind it, with this code", 1000,
                4999, &close_);
    flags.Text("--reason", "TEXT", "the reason of that close", &reason_);
  }

  absl::Status Check(Session& /*session*/) override {
    if (!reason_.empty() && close_ == 0) {
      return absl::InvalidArgumentError("--reason: needs --close");
    }
    auto body = body_.Read();
    if (!body.ok()) return body.status();
    *request_.mutable_message()->mutable_body() = *std::move(body);
    return absl::OkStatus();
  }

  Exit Act(Session& session, v1::Selector selector) override {
    *request_.mutable_selector() = std::move(selector);
    request_.mutable_message()->set_event(event_);
    if (close_ != 0) {
      request_.mutable_close_after()->set_code(static_cast<uint32_t>(close_));
      request_.mutable_close_after()->set_reason(reason_);
    }
    return AskAndShow(session, request_);
  }

  std::string event_;
  BodyFlags body_;
  uint64_t close_ = 0;
  std::string reason_;
  v1::SendRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeSend() { return std::make_unique<Send>(); }

}  // namespace sluice::ctl
