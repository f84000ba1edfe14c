// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/link.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {

Link::Link(Context& context, Role role, bool listening, Find find, User& user)
    : context_(context),
      role_(role),
      listening_(listening),
      find_(std::move(find)),
      user_(user),
      back_off_(context.options.back_off_min, context.options.back_off_max) {}

void Link::Start() {
  if (started()) return;
  state_ = State::kPausing;  // the next tick tries
  until_ = Instant::Past();
}

void Link::Stop() {
  state_ = State::kStopped;
  ++tries_;
  if (connection_) connection_->Close(absl::UnavailableError("the client stops"));
}

void Link::Tick(Instant now) {
  gone_.clear();
  if (connection_) connection_->Tick(now);
  switch (state_) {
    case State::kStopped:
    case State::kReady:
      return;
    case State::kPausing:
      if (now >= until_) Try(now);
      return;
    case State::kFinding:
    case State::kGreeting:
      if (now >= until_) Reconnect(TooLong());
      return;
  }
}

absl::Status Link::TooLong() const {
  std::string patience = absl::FormatDuration(context_.options.connect_timeout);
  return absl::UnavailableError(
      connection_ ? absl::StrCat(ToString(connection_->address()), ": not ready within ", patience)
                  : absl::StrCat("it was not to be learnt within ", patience, " where it is"));
}

void Link::Try(Instant now) {
  state_ = State::kFinding;
  until_ = now + context_.options.connect_timeout;
  find_([this, mine = ++tries_](const absl::StatusOr<Address>& address) {
    if (mine == tries_ && state_ == State::kFinding) Connect(address);
  });
}

void Link::Connect(const absl::StatusOr<Address>& address) {
  if (!address.ok()) return Pause(address.status());
  state_ = State::kGreeting;
  connection_ = std::make_unique<Connection>(context_, *address, listening_,
                                             static_cast<Connection::User&>(*this));
}

void Link::OnOpen() {
  facts_ = {};
  const std::vector<GreetingStep> steps = MakeGreeting(context_.options, role_);
  steps_left_ = steps.size();
  for (const GreetingStep& step : steps) {
    connection_->Send(step.command, until_,
                      [this, check = step.check](const absl::StatusOr<Reply>& reply) {
                        OnGreeted(check, reply);
                      });
  }
}

void Link::OnGreeted(GreetingCheck check, const absl::StatusOr<Reply>& reply) {
  if (state_ != State::kGreeting || connection_->closed()) return;
  absl::Status status = reply.ok() ? check(*reply, role_, facts_) : reply.status();
  if (!status.ok()) return connection_->Close(status);
  if (--steps_left_ > 0) return;
  state_ = State::kReady;
  trouble_ = absl::OkStatus();
  back_off_.Reset();
  context_.probe.connects.Add();
  user_.OnReady(facts_);
}

void Link::Reconnect(const absl::Status& why) {
  if (connection_) {
    connection_->Close(why);
  } else if (started()) {
    Pause(why);
  }
}

void Link::OnClosed(const absl::Status& why) {
  gone_.push_back(std::move(connection_));
  Pause(why);
}

void Link::Pause(const absl::Status& why) {
  if (!started()) return;
  ++tries_;
  if (state_ != State::kReady) context_.probe.connects_failed.Add();
  state_ = State::kPausing;
  trouble_ = why;
  until_ = context_.loop.Now() + back_off_.Next(context_.random);
  user_.OnDown(why);
}

}  // namespace sluice::storage::redis
