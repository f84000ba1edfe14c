// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/msgpack/token.h"

#include <bit>

namespace sluice::protocol {
namespace {

using Type = MsgpackToken::Type;

constexpr std::string_view kTooShort = "the value ends too early";

// Reads a big-endian number of `width` bytes.
bool Take(std::string_view& rest, size_t width, uint64_t& number) {
  if (rest.size() < width) return false;
  number = 0;
  for (size_t i = 0; i < width; ++i) number = number << 8 | static_cast<uint8_t>(rest[i]);
  rest.remove_prefix(width);
  return true;
}

std::string_view ReadBytes(std::string_view& rest, Type type, uint64_t size, MsgpackToken& token) {
  if (rest.size() < size) return kTooShort;
  token.type = type;
  token.bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return {};
}

// The size stands in `width` bytes.
std::string_view ReadSized(std::string_view& rest, Type type, size_t width, MsgpackToken& token) {
  uint64_t size = 0;
  if (!Take(rest, width, size)) return kTooShort;
  return ReadBytes(rest, type, size, token);
}

std::string_view ReadExtension(std::string_view& rest, uint64_t size, MsgpackToken& token) {
  uint64_t type = 0;
  if (!Take(rest, 1, type)) return kTooShort;
  token.extension = static_cast<int8_t>(type);
  return ReadBytes(rest, Type::kExtension, size, token);
}

std::string_view ReadSizedExtension(std::string_view& rest, size_t width, MsgpackToken& token) {
  uint64_t size = 0;
  if (!Take(rest, width, size)) return kTooShort;
  return ReadExtension(rest, size, token);
}

std::string_view OpenContainer(std::string_view rest, Type type, uint64_t size,
                               MsgpackToken& token) {
  uint64_t bytes_min = type == Type::kMap ? size * 2 : size;
  if (rest.size() < bytes_min) return kTooShort;
  token.type = type;
  token.size = static_cast<uint32_t>(size);
  return {};
}

std::string_view OpenSized(std::string_view& rest, Type type, size_t width, MsgpackToken& token) {
  uint64_t size = 0;
  if (!Take(rest, width, size)) return kTooShort;
  return OpenContainer(rest, type, size, token);
}

std::string_view ReadUnsigned(std::string_view& rest, size_t width, MsgpackToken& token) {
  token.type = Type::kUnsigned;
  return Take(rest, width, token.number) ? std::string_view() : kTooShort;
}

std::string_view ReadSigned(std::string_view& rest, size_t width, MsgpackToken& token) {
  if (!Take(rest, width, token.number)) return kTooShort;
  size_t unused = 64 - width * 8;
  auto value = static_cast<int64_t>(token.number << unused) >> unused;
  token.type = value < 0 ? Type::kNegative : Type::kUnsigned;
  token.number = static_cast<uint64_t>(value);
  return {};
}

std::string_view ReadFloat(std::string_view& rest, size_t width, MsgpackToken& token) {
  uint64_t bits = 0;
  if (!Take(rest, width, bits)) return kTooShort;
  token.type = Type::kFloat;
  token.real =
      width == 4 ? std::bit_cast<float>(static_cast<uint32_t>(bits)) : std::bit_cast<double>(bits);
  return {};
}

std::string_view ReadBool(bool truth, MsgpackToken& token) {
  token.type = Type::kBool;
  token.truth = truth;
  return {};
}

// 0xc0 to 0xdf.
std::string_view ReadTyped(uint8_t lead, std::string_view& rest, MsgpackToken& token) {
  switch (lead) {
    case 0xc0:
      token.type = Type::kNil;
      return {};
    case 0xc1:
      token.type = Type::kUnused;
      return {};
    case 0xc2:
    case 0xc3:
      return ReadBool(lead == 0xc3, token);
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return ReadSized(rest, Type::kBinary, size_t{1} << (lead - 0xc4), token);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return ReadSizedExtension(rest, size_t{1} << (lead - 0xc7), token);
    case 0xca:
    case 0xcb:
      return ReadFloat(rest, size_t{4} << (lead - 0xca), token);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return ReadUnsigned(rest, size_t{1} << (lead - 0xcc), token);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return ReadSigned(rest, size_t{1} << (lead - 0xd0), token);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return ReadSized(rest, Type::kString, size_t{1} << (lead - 0xd9), token);
    case 0xdc:
    case 0xdd:
      return OpenSized(rest, Type::kArray, size_t{2} << (lead - 0xdc), token);
    case 0xde:
    case 0xdf:
      return OpenSized(rest, Type::kMap, size_t{2} << (lead - 0xde), token);
    default:  // 0xd4 to 0xd8
      return ReadExtension(rest, uint64_t{1} << (lead - 0xd4), token);
  }
}

}  // namespace

std::string_view ReadToken(std::string_view& rest, MsgpackToken& token) {
  if (rest.empty()) return kTooShort;
  auto lead = static_cast<uint8_t>(rest.front());
  rest.remove_prefix(1);
  if (lead >= 0xc0 && lead < 0xe0) return ReadTyped(lead, rest, token);
  if (lead >= 0xe0) {
    token.type = Type::kNegative;
    token.number = static_cast<uint64_t>(int64_t{static_cast<int8_t>(lead)});
    return {};
  }
  if (lead < 0x80) {
    token.type = Type::kUnsigned;
    token.number = lead;
    return {};
  }
  if (lead < 0x90) return OpenContainer(rest, Type::kMap, lead & 15, token);
  if (lead < 0xa0) return OpenContainer(rest, Type::kArray, lead & 15, token);
  return ReadBytes(rest, Type::kString, lead & 31, token);
}

}  // namespace sluice::protocol
