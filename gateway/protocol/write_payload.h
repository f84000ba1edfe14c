// SPDX-License-Identifier: Apache-2.0
//
// What backends and clients say, as one value of a codec.
#pragma once

#include <string_view>

#include "gateway/hub/types.h"

namespace sluice::protocol {

// No value at all is written as null.
template <typename Writer>
void WritePayload(Writer& writer, const hub::Payload& payload) {
  using Kind = hub::Payload::Kind;
  switch (payload.kind) {
    case Kind::kNone:
      return writer.Raw(Writer::kNull);
    case Kind::kJson:
      if (Writer::kBinary && !payload.msgpack.empty()) return writer.Raw(payload.msgpack);
      return writer.Json(payload.bytes);
    case Kind::kBinary:
      return writer.Binary(payload.bytes);
    case Kind::kText:
      return writer.String(payload.bytes);
  }
}

// As the member `key` of the map that is open; no value at all is no member.
template <typename Writer>
void WriteMember(Writer& writer, std::string_view key, const hub::Payload& payload) {
  if (payload.kind == hub::Payload::Kind::kNone) return;
  writer.Key(key);
  WritePayload(writer, payload);
}

}  // namespace sluice::protocol
