// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/complaints.h"

#include <cassert>

#include "absl/strings/str_cat.h"

namespace sluice::server {
namespace {

constexpr absl::Duration kAgain = absl::Minutes(1);
constexpr absl::Duration kQuiet = absl::Seconds(10);

}  // namespace

void Complaints::Update(const std::string& subject, const std::string& why, Instant now) {
  assert(thread_.IsCurrent());
  Subject& about = subjects_[subject];
  about.why = why;
  if (!why.empty() && now >= about.next) {
    log_.Warn("not ready", {{"because_of", subject}, {"why", why}});
    about.told = true;
    about.next = now + kAgain;
  }
  if (why.empty() && about.told) {
    log_.Info("ready again", {{"because_of", subject}});
    about.told = false;
    about.next = now + kQuiet;
  }
}

std::string Complaints::Text() const {
  assert(thread_.IsCurrent());
  std::string text;
  for (const auto& [name, subject] : subjects_) {
    if (subject.why.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", name, ": ", subject.why);
  }
  return text;
}

}  // namespace sluice::server
