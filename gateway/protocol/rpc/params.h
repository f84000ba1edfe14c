// SPDX-License-Identifier: Apache-2.0
//
// The few parameters that the gateway itself must understand, read from JSON text that was checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/hub/command.h"
#include "gateway/hub/fault.h"

namespace sluice::protocol {

// An error whose data is a sentence.
hub::CallError ErrorSaying(hub::Fault fault, std::string_view what);

// The events of an rpc.on or rpc.off. Numbers and words stand for themselves.
hub::Verb ToSubscription(bool on, std::string_view params, size_t name_max);

// An rpc.answer: {"id":N,"result":...}, {"id":N,"error":{...}} or [N, result].
hub::Verb ToAnswer(std::string_view params);

// A response's error, as the client said it: {"code","message","data"}, or anything.
hub::CallError ToCallError(std::string_view json);

// The number in a response's id: "call:7", or 7.
std::optional<uint64_t> ToCallNumber(std::string_view id);

}  // namespace sluice::protocol
