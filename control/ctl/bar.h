// SPDX-License-Identifier: Apache-2.0
//
// A drain on one line: as a bar for a terminal, or for those who read lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "sluice/v1/control.pb.h"

namespace sluice::ctl {

// "RUNNING", without what every name of a state begins with.
std::string StateOf(const v1::Drain& drain);
bool HasEnded(const v1::Drain& drain);

// When the rest will be closed at `rate` (closes a second; nothing: at the drain's own pace). None
// while it is not running, or nothing moves.
std::optional<absl::Duration> TimeLeft(const v1::Drain& drain, std::optional<double> rate);

// "d1  [#########...........]  45%  180/400  50.0/s  ETA 4s", as wide as `columns` at most.
std::string DrainBar(const v1::Drain& drain, std::optional<double> rate, size_t columns);

// "d1 RUNNING matched=400 closed=180 gone=0 remaining=220 rate=50.0/s eta=4s", without end of line.
std::string DrainLine(const v1::Drain& drain, std::optional<double> rate);

}  // namespace sluice::ctl
