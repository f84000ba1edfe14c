// SPDX-License-Identifier: Apache-2.0
//
// The small values that everything in the hub is made of.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "storage/time.h"

namespace sluice::hub {

using absl::Duration;

// Names something in a shard's table: which shard, which slot, and how often the slot was used
// before, so that a stale key finds nothing instead of a stranger. Crosses threads in place of a
// pointer. Packs into 64 bits (8 shard, 24 slot, 32 generation); 0 is nobody.
struct Key {
  uint64_t value = 0;

  static Key Make(uint32_t shard, uint32_t slot, uint32_t generation) {
    return {uint64_t{shard} << 56 | uint64_t{slot & 0xffffff} << 32 | generation};
  }
  uint32_t shard() const { return static_cast<uint32_t>(value >> 56); }
  uint32_t slot() const { return static_cast<uint32_t>(value >> 32) & 0xffffff; }
  uint32_t generation() const { return static_cast<uint32_t>(value); }
  explicit operator bool() const { return value != 0; }

  friend bool operator==(Key, Key) = default;
  template <typename H>
  friend H AbslHashValue(H h, Key key) {
    return H::combine(std::move(h), key.value);
  }
};

using SessionKey = Key;  // a connection's session
using CallKey = Key;     // a client's call that a worker has not answered

// Bytes and what they are, passed on without being understood where possible. Immutable once made.
struct Payload {
  enum class Kind : uint8_t {
    kNone,    // no value at all, as opposed to JSON's null
    kJson,    // one JSON text, valid UTF-8
    kBinary,  // any bytes
    kText,    // UTF-8 that is no JSON
  };
  Kind kind = Kind::kNone;
  std::string bytes;
  // kJson: the same value as MessagePack, if that is how it came, for whoever wants it so; checked.
  std::string msgpack{};

  static Payload None() { return {}; }
  static Payload Json(std::string text) { return {Kind::kJson, std::move(text)}; }
  static Payload Binary(std::string bytes) { return {Kind::kBinary, std::move(bytes)}; }
  static Payload Text(std::string text) { return {Kind::kText, std::move(text)}; }

  friend bool operator==(const Payload& a, const Payload& b) {
    return a.kind == b.kind && a.bytes == b.bytes;  // msgpack says nothing more
  }
};

// Few and small on any one connection; ordered, so that two equal sets compare and print equal.
using Labels = absl::btree_map<std::string, std::string>;

}  // namespace sluice::hub
