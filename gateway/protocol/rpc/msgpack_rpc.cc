// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/msgpack_rpc.h"

#include <utility>

#include "gateway/protocol/msgpack/reader.h"

namespace sluice::protocol {
namespace {

using Type = MsgpackToken::Type;

// Reads one message's members; `bytes` is what the reader reads, `depth_max` is for their values.
bool ReadMembers(MsgpackReader& reader, std::string_view bytes, uint32_t count, size_t depth_max,
                 RpcEnvelope& envelope) {
  std::string key, json;
  for (uint32_t i = 0; i < count; ++i) {
    key.clear();
    json.clear();
    if (!reader.ReadKey(key)) return false;
    size_t begin = reader.offset();
    if (!reader.ReadJson(json, depth_max)) return false;
    std::string flaw = reader.TakeFlaw();
    bool good = flaw.empty();
    if (!good) envelope.Spoil(std::move(flaw));
    // The forks say "params" always: nil where there are none.
    if (key == "params" && json == "null") continue;
    std::string_view encoded = bytes.substr(begin, reader.offset() - begin);
    envelope.Add(key, json, good ? encoded : MsgpackWriter::kNull);
    if (key == "params" && good) envelope.KeepParams(encoded);
  }
  return true;
}

// Reads one message, nested at most `depth_max` deep.
bool ReadEnvelope(MsgpackReader& reader, std::string_view bytes, size_t depth_max,
                  RpcFrame& frame) {
  MsgpackReader before = reader;
  MsgpackToken token;
  if (!reader.Read(token)) return false;
  if (token.type == Type::kMap && depth_max > 0) {
    return ReadMembers(reader, bytes, token.size, depth_max - 1, frame.envelopes.emplace_back());
  }
  RpcEnvelope& envelope =
      frame.envelopes.emplace_back(RpcEnvelope::NotAMap(token.type == Type::kArray));
  reader = before;
  std::string skipped;
  if (!reader.ReadJson(skipped, depth_max)) return false;
  std::string flaw = reader.TakeFlaw();
  if (!flaw.empty()) envelope.Spoil(std::move(flaw));
  return true;
}

// Whether the value at the front is an array; its size then.
bool PeekArray(std::string_view bytes, size_t& size) {
  MsgpackToken token;
  if (!ReadToken(bytes, token).empty() || token.type != Type::kArray) return false;
  size = token.size;
  return true;
}

bool ReadFrame(MsgpackReader& reader, std::string_view bytes, const hub::DecodeLimits& limits,
               RpcFrame& frame) {
  size_t size = 1;
  size_t depth_max = limits.depth_max;
  frame.batch = PeekArray(bytes, size);
  if (frame.batch) {
    MsgpackToken opening;
    if (!reader.Read(opening)) return false;
    --depth_max;
  }
  for (size_t i = 0; i < size; ++i) {
    if (!ReadEnvelope(reader, bytes, depth_max, frame)) return false;
  }
  return reader.at_end() || reader.Fail("the frame goes on behind its value");
}

}  // namespace

hub::Decoded MsgpackRpc::Decode(hub::DialectState&, std::string_view bytes, bool binary_frame,
                                const hub::DecodeLimits& limits) const {
  using hub::Fault;
  if (!binary_frame) {
    return Unreadable(Fault::kParse, "A text frame on a MessagePack connection", rules());
  }
  size_t size = 1;
  if (PeekArray(bytes, size)) {
    std::string flaw = BatchFlaw(size, limits);
    if (!flaw.empty()) return Unreadable(Fault::kInvalidRequest, flaw, rules());
  }
  MsgpackReader reader(bytes);
  RpcFrame frame;
  if (!ReadFrame(reader, bytes, limits, frame)) {
    return Unreadable(Fault::kParse, reader.Flaw(), rules());
  }
  // The forks' word for a message that is no map; in a batch it is the specification's.
  if (!frame.batch && frame.envelopes[0].is_scalar()) {
    return Unreadable(Fault::kInvalidParams, "Method not specified", rules());
  }
  return ToCommands(std::move(frame), rules(), limits);
}

}  // namespace sluice::protocol
