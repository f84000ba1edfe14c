// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json_rpc.h"

#include <utility>

#include "gateway/protocol/json_scratch.h"
#include "gateway/protocol/json_walk.h"

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

}  // namespace

hub::Decoded JsonRpc::Decode(hub::DialectState&, std::string_view bytes, bool,
                             const hub::DecodeLimits& limits) const {
  using hub::Fault;
  // simdjson looks only where one asks, so that what passes through is checked beforehand.
  if (JsonFlaw flaw = CheckJson(bytes, limits.depth_max)) {
    return Unreadable(Fault::kParse, flaw.ToString(), kCodec);
  }
  JsonScratch scratch;
  ondemand::document document;
  RpcFrame frame;
  error_code error = scratch.Iterate(bytes).get(document);
  if (!error) error = ReadFrame(document, limits.batch_max, frame);
  if (error) return Unreadable(Fault::kParse, simdjson::error_message(error), kCodec);
  if (frame.batch) {
    std::string flaw = BatchFlaw(frame.envelopes.size(), limits);
    if (!flaw.empty()) return Unreadable(Fault::kInvalidRequest, flaw, kCodec);
  }
  return ToCommands(std::move(frame), kCodec, limits);
}

}  // namespace sluice::protocol
