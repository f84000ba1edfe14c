// SPDX-License-Identifier: Apache-2.0
//
// Small questions and answers about single JSON values, given as sound JSON text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::protocol {

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

// `json` is not empty and begins with its value.
JsonKind KindOf(std::string_view json);

// As JavaScript sees it: null, false, zero and "" are not; nor is no text at all.
bool IsTruthy(std::string_view json);

// The value of a JSON string. `json` has its quotes on.
std::string Unquote(std::string_view json);

// The whole number that `json` is, however it is written (7, 7.0, 7e0); at most 2^53.
std::optional<int64_t> ToWhole(std::string_view json);

// The positive whole number that `json` is, as a number or as a string of its digits: what a client
// gives back of an id may have become the other.
std::optional<uint64_t> ToNumericId(std::string_view json);

// Appends `text`, which is UTF-8, as a JSON string.
void AppendQuoted(std::string& out, std::string_view text);

// Appends what stands for `bytes` in JSON: {"base64":true,"data":"..."}.
void AppendBase64(std::string& out, std::string_view bytes);

}  // namespace sluice::protocol
