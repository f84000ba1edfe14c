// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/library_lines.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/server/last_words.h"

namespace sluice::server {
namespace {

using Level = control::LibraryLine::Level;

constexpr char kEvent[] = "library";

}  // namespace

int64_t LibraryLines::Admit(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (now < second_ || now >= second_ + absl::Seconds(1)) {
    second_ = now;
    taken_ = 0;
  }
  if (taken_ >= kPerSecond) {
    ++left_out_;
    return -1;
  }
  ++taken_;
  return std::exchange(left_out_, 0);
}

void LibraryLines::Take(const control::LibraryLine& line, absl::Time now) {
  const std::string place = absl::StrCat(std::string(line.file), ":", line.line);
  const std::string library(line.library);
  const std::string text(line.text);
  if (line.level == Level::kFatal) {
    return LastWords::Say(library, text.empty() ? place : text);
  }
  const int64_t left_out = Admit(now);
  if (left_out < 0) return;
  if (left_out > 0) log_.Warn("library lines left out", {{"lines", absl::StrCat(left_out)}});
  const runtime::Log::Fields fields = {{"library", library}, {"place", place}, {"says", text}};
  switch (line.level) {
    case Level::kDebug:
      return log_.Debug(kEvent, fields);
    case Level::kInfo:
      return log_.Info(kEvent, fields);
    default:
      return log_.Warn(kEvent, fields);
  }
}

}  // namespace sluice::server
