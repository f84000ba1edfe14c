// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/refusals.h"

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"
#include "storage/redis/script.h"
#include "storage/redis/slots.h"

namespace sluice::storage::redis {
namespace {

constexpr double kPauseMinMs = 200;
constexpr double kPauseMaxMs = 400;

const Script& WriteScript() {
  static const Script script("return redis.call('SET', KEYS[1], '', 'PX', 1000)");
  return script;
}

const std::string& KeyOf(const Args& command) {
  const bool script = command[0] == "EVALSHA" || command[0] == "EVAL";
  return command[script ? 3 : 1];
}

}  // namespace

void Refusals::Note(const Args& command, const absl::Status& why) {
  failed_ = true;
  if (trouble_.ok()) again_ = context_.loop.Now();
  trouble_ = absl::UnavailableError(absl::StrCat("Redis refuses: ", why.message()));
  name_ = absl::StrCat(context_.options.prefix(), "check:{",
                       std::string(HashedPart(KeyOf(command))), "}");
}

void Refusals::Tick(Instant now) {
  if (trouble_.ok() || under_way_ > 0 || now < again_) return;
  again_ = now + absl::Milliseconds(absl::Uniform(context_.random, kPauseMinMs, kPauseMaxMs));
  Try();
}

void Refusals::Try() {
  failed_ = false;
  under_way_ = 2;
  const uint16_t slot = SlotOf(name_);
  auto tried = [this](const absl::StatusOr<Reply>& reply) { OnTried(reply.status()); };
  commands_.Run(slot, {"EVALSHA", WriteScript().sha1(), "1", name_}, &WriteScript(), tried);
  commands_.Run(slot, {router_.sharded() ? "SPUBLISH" : "PUBLISH", name_, ""}, nullptr, tried);
}

void Refusals::OnTried(const absl::Status& status) {
  failed_ |= !status.ok();
  if (--under_way_ == 0 && !failed_) trouble_ = absl::OkStatus();
}

}  // namespace sluice::storage::redis
