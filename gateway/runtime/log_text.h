// SPDX-License-Identifier: Apache-2.0
//
// Values as a log line shows them: one line whatever they hold, and nothing in it that a terminal
// would obey.
#pragma once

#include <string>
#include <string_view>

namespace sluice::runtime {

// In double quotes, a JSON string (RFC 8259). Controls (C0, DEL, C1), and the characters that break
// a line or turn its direction, become \uXXXX; bytes that are no UTF-8 become U+FFFD (text/utf8.h).
std::string JsonText(std::string_view text);

// The text itself where nobody (no program either) can mistake its end; else as JsonText.
std::string PlainText(std::string_view text);

}  // namespace sluice::runtime
