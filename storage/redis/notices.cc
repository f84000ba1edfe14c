// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/notices.h"

#include <memory>
#include <string_view>

#include "absl/random/distributions.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/redis/presence_codec.h"

namespace sluice::storage::redis {
namespace {

constexpr char kSettled = '!';
constexpr char kTaken = '~';
constexpr char kDisputedChannel[] = "presence-disputed";

std::string Behind(const std::string& name) { return std::string(1, '\0') + Escape(name); }

std::string ChannelOf(const std::string& node) { return absl::StrCat("presence-of:", node); }

}  // namespace

void Notices::Start() {
  Listen(ChannelOf(context_.nodes.name()), &Notices::HearTaken);
  Listen(kDisputedChannel, &Notices::HearDisputed);
}

void Notices::Listen(const std::string& channel, void (Notices::*hear)(const std::string&)) {
  auto deaf = std::make_shared<bool>(false);
  context_.client.Subscribe(
      channel, {.on_message = [this, hear](const std::string& payload) { (this->*hear)(payload); },
                .on_confirmed =
                    [this, deaf] {
                      if (std::exchange(*deaf, false)) ports_.on_deaf();
                    },
                .on_gap = [deaf] { *deaf = true; }});
}

// KIND SESSION NUL SPACE NUL ID, the latter two escaped.
void Notices::TellTaken(const PresenceRecord& record, bool settled) {
  context_.client.Publish(ChannelOf(record.node),
                          absl::StrCat(std::string(1, settled ? kSettled : kTaken), record.session,
                                       Behind(record.key.space), Behind(record.key.id)),
                          [](const absl::Status&) {});
}

void Notices::HearTaken(const std::string& payload) {
  const std::vector<std::string> parts = absl::StrSplit(payload, '\0');
  uint64_t session = 0;
  if (parts.size() != 3 || parts[0].empty() || !absl::SimpleAtoi(parts[0].substr(1), &session)) {
    return;
  }
  ports_.on_taken({Unescape(parts[1]), Unescape(parts[2])}, session, parts[0][0] == kSettled);
}

// SPACE, and NUL ID for each, all escaped.
void Notices::TellDisputed(const std::string& space, const std::vector<std::string>& ids) {
  std::string payload = Escape(space);
  for (const std::string& id : ids) payload += Behind(id);
  untold_.push_back(std::move(payload));
  Tick();
}

void Notices::Tick() {
  if (context_.now < again_) return;
  for (std::string& payload : std::exchange(untold_, {})) {
    std::string copy = payload;
    context_.client.Publish(kDisputedChannel, std::move(payload),
                            [this, copy = std::move(copy)](const absl::Status& status) mutable {
                              if (status.ok()) return;
                              untold_.push_back(std::move(copy));
                              again_ = context_.now +
                                       absl::Milliseconds(absl::Uniform(context_.random, 100, 300));
                            });
  }
}

void Notices::HearDisputed(const std::string& payload) {
  const std::vector<std::string> parts = absl::StrSplit(payload, '\0');
  const std::string space = Unescape(parts.front());
  for (size_t i = 1; i < parts.size(); ++i) ports_.on_disputed(space, Unescape(parts[i]));
}

}  // namespace sluice::storage::redis
