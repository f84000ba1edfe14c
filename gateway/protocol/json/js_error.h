// SPDX-License-Identifier: Apache-2.0
//
// Errors as JavaScript serialises them: {"name","message", and whatever else was set on it}.
// Several dialects carry them, each under a key of its own.
#pragma once

#include <initializer_list>
#include <string_view>

#include "gateway/hub/fault.h"
#include "gateway/protocol/json/writer.h"

namespace sluice::protocol {

// A client's error, given as JSON text. A code that is a whole number of 32 bits becomes `code`;
// whatever else is on the error becomes `data_json`, as does an error that is no object.
hub::CallError FromJsError(std::string_view json);

// Writes what else is on an error, but for `except`, into the map that is open. What is no object
// becomes its "data". A stack is nobody's business.
void WriteJsErrorFields(JsonWriter& writer, std::string_view data_json,
                        std::initializer_list<std::string_view> except);

// Whether an application's error is one bare value instead: it has nothing but data.
bool IsBareValue(const hub::CallError& error);

}  // namespace sluice::protocol
