// SPDX-License-Identifier: Apache-2.0
//
// The one door between bytes that a stranger chose and text that must be UTF-8: the strings of
// protobuf messages (whose readers fail a whole stream for one bad byte), close reasons (RFC 6455
// 5.5.1), log lines and metric labels.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::text {

// Well-formed UTF-8 (Unicode 15, table 3-7): nothing overlong, no surrogates, nothing above
// U+10FFFF. Costs O(bytes); ASCII eight bytes at a time.
bool IsUtf8(std::string_view bytes);

// The same text, with U+FFFD in place of whatever is not UTF-8: one for each maximal part of a
// character that was begun, else one a byte (Unicode 15, 3.9 "U+FFFD Substitution of Maximal
// Subparts"; what browsers do as well). What is UTF-8 already is only moved.
std::string ToUtf8(std::string bytes);

// At most `bytes_max` bytes from the front of `text`, which is UTF-8: no character is cut in two.
std::string_view CutUtf8(std::string_view text, size_t bytes_max);

}  // namespace sluice::text
