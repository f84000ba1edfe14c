// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/bar.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "control/ctl/durations.h"
#include "control/ctl/printable.h"

namespace sluice::ctl {
namespace {

constexpr size_t kBarMin = 5;
constexpr size_t kBarMax = 40;
// Longer is no forecast.
constexpr double kLeftMax = 1000.0 * 24 * 3600;

uint64_t OverOf(const v1::Drain& drain) {
  return drain.matched() - std::min(drain.matched(), drain.remaining());
}

std::string RateText(std::optional<double> rate) {
  return rate ? absl::StrFormat("%.1f/s", *rate) : "-";
}

}  // namespace

std::string StateOf(const v1::Drain& drain) {
  const std::string& name = v1::Drain::State_Name(drain.state());
  constexpr size_t kPrefix = sizeof("STATE_") - 1;
  return name.size() > kPrefix ? name.substr(kPrefix) : "UNKNOWN";
}

bool HasEnded(const v1::Drain& drain) {
  return drain.state() == v1::Drain::STATE_DONE || drain.state() == v1::Drain::STATE_CANCELLED;
}

std::optional<absl::Duration> TimeLeft(const v1::Drain& drain, std::optional<double> rate) {
  if (drain.state() != v1::Drain::STATE_RUNNING) return std::nullopt;
  const double speed = rate.value_or(drain.per_second());
  if (speed <= 0) return std::nullopt;
  const double seconds = std::ceil(static_cast<double>(drain.remaining()) / speed);
  if (seconds > kLeftMax) return std::nullopt;
  return absl::Seconds(static_cast<int64_t>(seconds));
}

std::string DrainBar(const v1::Drain& drain, std::optional<double> rate, size_t columns) {
  const uint64_t over = OverOf(drain);
  const double part =
      drain.matched() == 0 ? 1.0 : static_cast<double>(over) / static_cast<double>(drain.matched());
  std::string tail =
      absl::StrFormat("  %3.0f%%  %d/%d", std::floor(part * 100), over, drain.matched());
  if (drain.state() == v1::Drain::STATE_RUNNING) {
    tail += "  " + RateText(rate);
    if (auto left = TimeLeft(drain, rate)) tail += "  ETA " + ShortDuration(*left);
    if (drain.finishing() > 0) tail += absl::StrFormat("  %d finishing", drain.finishing());
  } else {
    tail += "  " + StateOf(drain);
  }
  const std::string head = Printable(drain.id()) + "  ";
  const size_t taken = WidthOf(head) + WidthOf(tail) + 2;
  const size_t room = columns > taken ? columns - taken : 0;
  if (room < kBarMin) return CutToWidth(head + tail.substr(2), columns);
  const size_t width = std::min(room, kBarMax);
  const auto full = static_cast<size_t>(std::floor(part * static_cast<double>(width)));
  return head + "[" + std::string(full, '#') + std::string(width - full, '.') + "]" + tail;
}

std::string DrainLine(const v1::Drain& drain, std::optional<double> rate) {
  std::string line = absl::StrFormat("%s %s matched=%d closed=%d gone=%d remaining=%d",
                                     Printable(drain.id()), StateOf(drain), drain.matched(),
                                     drain.closed(), drain.gone(), drain.remaining());
  if (drain.finishing() > 0) line += absl::StrFormat(" finishing=%d", drain.finishing());
  if (drain.state() == v1::Drain::STATE_RUNNING) {
    line += " rate=" + RateText(rate);
    if (auto left = TimeLeft(drain, rate)) line += " eta=" + ShortDuration(*left);
  }
  return line;
}

}  // namespace sluice::ctl
