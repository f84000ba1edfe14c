// SPDX-License-Identifier: Apache-2.0
//
// Messages as JSON: the fields by their names in the .proto, in its order, also those that are
// zero. One rule for 64-bit numbers: they are strings, as in protobuf's own JSON, since readers
// such as jq round numbers above 2^53. Enums are their names, times RFC 3339, lengths of time
// seconds with an "s". Bytes are base64, but for fields that hold JSON (`json`, `claims_json`,
// `data_json`): these are strings with that very text.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sluice::ctl {

using Json = nlohmann::ordered_json;

Json ToJson(const google::protobuf::Message& message);

// On one line, or with two blanks for each level. Nothing in it controls a terminal (printable.h).
std::string JsonLine(const Json& value);
std::string JsonText(const Json& value);

}  // namespace sluice::ctl
