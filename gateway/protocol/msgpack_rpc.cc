// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/msgpack_rpc.h"

#include <utility>

#include "gateway/protocol/msgpack_reader.h"

namespace sluice::protocol {
namespace {

using Type = MsgpackToken::Type;

// Reads one message; `bytes` is what the reader reads, `depth_max` is for the message itself.
bool ReadEnvelope(MsgpackReader& reader, std::string_view bytes, size_t depth_max,
                  RpcFrame& frame) {
  MsgpackReader before = reader;
  MsgpackToken token;
  if (!reader.Read(token)) return false;
  if (token.type != Type::kMap) {
    frame.envelopes.push_back(RpcEnvelope::NotAMap(token.type == Type::kArray));
    reader = before;
    std::string skipped;
    return reader.ReadJson(skipped, depth_max);
  }
  if (depth_max == 0) return reader.Fail("the value is nested too deeply");
  RpcEnvelope envelope;
  std::string key, json;
  for (uint32_t i = 0; i < token.size; ++i) {
    key.clear();
    json.clear();
    if (!reader.ReadKey(key)) return false;
    size_t begin = reader.offset();
    if (!reader.ReadJson(json, depth_max - 1)) return false;
    // The forks say "params" always: nil where there are none.
    if (key == "params" && json == "null") continue;
    envelope.Add(key, json, bytes.substr(begin, reader.offset() - begin));
  }
  frame.envelopes.push_back(std::move(envelope));
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
    return Unreadable(Fault::kParse, "A text frame on a MessagePack connection", kCodec);
  }
  size_t size = 1;
  if (PeekArray(bytes, size)) {
    std::string flaw = BatchFlaw(size, limits);
    if (!flaw.empty()) return Unreadable(Fault::kInvalidRequest, flaw, kCodec);
  }
  MsgpackReader reader(bytes);
  RpcFrame frame;
  if (!ReadFrame(reader, bytes, limits, frame)) {
    return Unreadable(Fault::kParse, reader.Flaw(), kCodec);
  }
  return ToCommands(std::move(frame), kCodec, limits);
}

}  // namespace sluice::protocol
