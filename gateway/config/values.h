// SPDX-License-Identifier: Apache-2.0
//
// How an option's value is written: the same on the command line, in the
// environment, in a file, and in what --print-config shows. Parse* returns
// nothing if the text is no such value; Parse(Format(x)) is x.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace sluice::config {

// "10s", "500ms", "2m", "1h30m", "0"; never negative, never infinite.
std::optional<absl::Duration> ParseDuration(std::string_view text);

// Bytes: "4096", "64KiB", "1MiB", "2GiB".
std::optional<uint64_t> ParseSize(std::string_view text);
std::string FormatSize(uint64_t bytes);

std::optional<uint64_t> ParseCount(std::string_view text);

// "0.5", "100"; finite, not negative.
std::optional<double> ParseReal(std::string_view text);
std::string FormatReal(double value);

// "true", "false"; also "1", "0", "yes", "no", "on", "off".
std::optional<bool> ParseSwitch(std::string_view text);

// "a,b , c": parts are trimmed, empty ones refused; "" is the empty list.
std::optional<std::vector<std::string>> ParseList(std::string_view text);

// "192.0.2.1:8080", "[2001:db8::1]:0", "localhost:8080": a numeric address (or
// localhost) and a port.
bool IsAddress(std::string_view text);

// One YAML scalar in double quotes.
std::string Quote(std::string_view text);

}  // namespace sluice::config
