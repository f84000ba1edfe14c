// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/start_check.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace sluice::storage::redis {
namespace {

constexpr int kNames = 8;
constexpr int kTrials = 4;  // a name

std::string NameOf(int i) { return absl::StrCat("check:", i); }

const Script& AskMemory() {
  static const Script script("return redis.call('INFO', 'memory')");
  return script;
}

}  // namespace

StartCheck::StartCheck(Client& client, const Options& options, Done done)
    : client_(client), options_(options), done_(std::move(done)) {}

void StartCheck::Tick(Now now) {
  if (state_ == State::kNew) {
    state_ = State::kConnecting;
    until_ = now + options_.connect_timeout;
  }
  if (state_ == State::kConnecting && !client_.health().degraded) {
    state_ = State::kTrying;
    until_ = now + 2 * options_.command_timeout;
    return Try();
  }
  if (now < until_ || state_ == State::kDone) return;
  if (state_ == State::kConnecting) {
    NotConnected();
  } else {
    failed_ = "not everything was answered";
  }
  Finish();
}

void StartCheck::NotConnected() {
  std::string why = client_.health().why;
  (absl::StrContains(why, "NOPERM") ? denied_ : failed_) = why;
}

void StartCheck::Try() {
  left_ = size_t{kNames} * kTrials;
  for (int i = 0; i < kNames; ++i) TryName(NameOf(i));
}

void StartCheck::TryName(const std::string& name) {
  client_.Execute("SET", name, {"1", "PX", "1000"},
                  [this](const absl::StatusOr<Reply>& reply) { Answered(reply.status()); });
  client_.Run(AskMemory(), name, {}, [this](const absl::StatusOr<Reply>& reply) {
    if (reply.ok()) Judge(reply->text);
    Answered(reply.status());
  });
  client_.Publish(name, "", [this](const absl::Status& status) { Answered(status); });
  client_.Subscribe(name, {.on_confirmed = [this] { Answered(absl::OkStatus()); },
                           .on_refused = [this](const absl::Status& why) { Answered(why); }});
}

void StartCheck::Answered(const absl::Status& status) {
  if (state_ != State::kTrying) return;
  std::string& first = absl::IsPermissionDenied(status) ? denied_ : failed_;
  if (!status.ok() && first.empty()) first = std::string(status.message());
  if (--left_ == 0) Finish();
}

void StartCheck::Judge(std::string_view info) {
  std::string policy;
  bool bounded = true;
  for (absl::string_view line :
       absl::StrSplit(absl::string_view(info.data(), info.size()), "\r\n")) {
    if (absl::ConsumePrefix(&line, "maxmemory_policy:")) policy = std::string(line);
    if (line == "maxmemory:0") bounded = false;
  }
  if (bounded && policy != "noeviction") policy_ = policy;
}

std::string StartCheck::Lacks(std::string_view what) const {
  const std::string& user = options_.url.user;
  const std::string prefix = options_.prefix();
  return absl::StrCat("redis: the user lacks a right (", std::string(what),
                      "); it has all with: ", "ACL SETUSER ", user.empty() ? "default" : user, " ~",
                      prefix, "* &", prefix,
                      "* +@read +@write +@scripting +@pubsub +@connection +role +info",
                      options_.url.topology == Topology::kCluster ? " +cluster|slots" : "");
}

void StartCheck::Finish() {
  state_ = State::kDone;
  for (int i = 0; i < kNames; ++i) {
    client_.Unsubscribe(NameOf(i));
    client_.Execute("DEL", NameOf(i), {}, [](const absl::StatusOr<Reply>&) {});
  }
  Result result;
  if (!denied_.empty()) result.faults.push_back(Lacks(denied_));
  if (!failed_.empty()) result.faults.push_back(absl::StrCat("redis: ", failed_));
  if (!policy_.empty()) {
    result.warnings.push_back(absl::StrCat("redis: maxmemory-policy is ", policy_,
                                           ", which may evict who is present: set noeviction"));
  }
  done_(std::move(result));
}

}  // namespace sluice::storage::redis
