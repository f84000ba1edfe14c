// SPDX-License-Identifier: Apache-2.0
//
// One MessagePack token: a scalar with its bytes, or the opening of a container. Reading one never
// allocates and never looks behind the bytes that are there.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::protocol {

struct MsgpackToken {
  enum class Type : uint8_t {
    kNil,
    kBool,
    kUnsigned,
    kNegative,
    kFloat,
    kString,
    kBinary,
    kExtension,
    kUnused,  // 0xc1, which no writer writes
    kArray,
    kMap,
  };
  Type type = Type::kNil;
  bool truth = false;      // kBool
  uint64_t number = 0;     // kUnsigned; kNegative: two's complement
  double real = 0;         // kFloat
  uint32_t size = 0;       // kArray: values; kMap: pairs
  int8_t extension = 0;    // kExtension
  std::string_view bytes;  // kString, kBinary, kExtension
};

// Reads the token at the front of `rest` and takes it away. An empty answer is success, any other
// says what is wrong. A container that cannot have as many values as it says is wrong.
std::string_view ReadToken(std::string_view& rest, MsgpackToken& token);

}  // namespace sluice::protocol
