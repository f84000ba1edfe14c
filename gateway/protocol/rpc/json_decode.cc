// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/json_decode.h"

#include <optional>
#include <string>
#include <utility>

#include "gateway/protocol/json/mend.h"
#include "gateway/protocol/json/scratch.h"
#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

error_code ReadMembers(ondemand::object object, RpcEnvelope& envelope) {
  for (auto item : object) {
    ondemand::field field;
    std::string_view key, json;
    if (error_code error = std::move(item).get(field)) return error;
    if (error_code error = field.unescaped_key().get(key)) return error;
    if (error_code error = simdjson::to_json_string(field.value()).get(json)) return error;
    envelope.Add(key, json, json);
  }
  return SUCCESS;
}

error_code ReadEnvelope(ondemand::value value, RpcFrame& frame) {
  ondemand::json_type type;
  if (error_code error = value.type().get(type)) return error;
  if (type != ondemand::json_type::object) {
    frame.envelopes.push_back(RpcEnvelope::NotAMap(type == ondemand::json_type::array));
    return SUCCESS;
  }
  ondemand::object object;
  if (error_code error = value.get_object().get(object)) return error;
  return ReadMembers(object, frame.envelopes.emplace_back());
}

// Reads one message more than a batch may have, at most.
error_code ReadBatch(ondemand::document& document, size_t batch_max, RpcFrame& frame) {
  frame.batch = true;
  ondemand::array array;
  if (error_code error = document.get_array().get(array)) return error;
  for (auto item : array) {
    if (frame.envelopes.size() > batch_max) return SUCCESS;
    ondemand::value value;
    if (error_code error = item.get(value)) return error;
    if (error_code error = ReadEnvelope(value, frame)) return error;
  }
  return SUCCESS;
}

error_code ReadFrame(ondemand::document& document, size_t batch_max, RpcFrame& frame) {
  ondemand::json_type type;
  if (error_code error = document.type().get(type)) return error;
  if (type == ondemand::json_type::array) return ReadBatch(document, batch_max, frame);
  if (type != ondemand::json_type::object) {
    frame.envelopes.push_back(RpcEnvelope::NotAMap(false));
    return SUCCESS;
  }
  ondemand::object object;
  if (error_code error = document.get_object().get(object)) return error;
  return ReadMembers(object, frame.envelopes.emplace_back());
}

// Says what is wrong, or nothing.
std::string Read(std::string_view text, size_t batch_max, RpcFrame& frame) {
  JsonScratch scratch;
  ondemand::document document;
  error_code error = scratch.Iterate(text).get(document);
  if (!error) error = ReadFrame(document, batch_max, frame);
  return error ? simdjson::error_message(error) : std::string();
}

// Reads what can be saved of a text that is not sound. False: nothing can.
bool ReadMended(std::string_view bytes, const hub::DecodeLimits& limits, RpcFrame& frame) {
  std::optional<MendedJson> mended = MendJson(bytes, limits.depth_max);
  frame = {};
  if (!mended || !Read(mended->text, limits.batch_max, frame).empty()) return false;
  for (MendedJson::Flaw& flaw : mended->flaws) {
    if (flaw.message >= frame.envelopes.size()) break;
    frame.envelopes[flaw.message].Spoil(std::move(flaw.what));
  }
  return true;
}

}  // namespace

bool BeginsAsJson(std::string_view bytes) {
  size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != bytes.npos && (bytes[first] == '{' || bytes[first] == '[');
}

hub::Decoded DecodeJsonRpc(std::string_view bytes, const hub::DecodeLimits& limits,
                           const RpcRules& rules) {
  using hub::Fault;
  RpcFrame frame;
  // simdjson looks only where one asks, so that what passes through is checked beforehand.
  std::string what;
  if (JsonFlaw flaw = CheckJson(bytes, limits.depth_max)) what = flaw.ToString();
  if (what.empty()) what = Read(bytes, limits.batch_max, frame);
  if (!what.empty() && !ReadMended(bytes, limits, frame)) {
    return Unreadable(Fault::kParse, what, rules);
  }
  if (frame.batch) {
    std::string flaw = BatchFlaw(frame.envelopes.size(), limits);
    if (!flaw.empty()) return Unreadable(Fault::kInvalidRequest, flaw, rules);
  }
  return ToCommands(std::move(frame), rules, limits);
}

}  // namespace sluice::protocol
