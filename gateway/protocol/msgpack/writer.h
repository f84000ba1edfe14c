// SPDX-License-Identifier: Apache-2.0
//
// Appends one MessagePack value, piece by piece; has the same face as JsonWriter.
//
// What JSON lacks comes back: an object that is exactly {"base64":true,"data":"..."} becomes bin.
//
// Clients in the field cannot read 64-bit integers: whatever does not fit 32 bits becomes a
// float64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::protocol {

class MsgpackWriter {
 public:
  static constexpr bool kBinary = true;
  static constexpr bool kAlwaysVersion = false;  // "jsonrpc" only where the request had it
  static constexpr std::string_view kNull = "\xc0";

  explicit MsgpackWriter(std::string& out) : out_(out) {}

  void Map(size_t size) { Header(size, 0x80, 15, 0xde); }
  void Array(size_t size) { Header(size, 0x90, 15, 0xdc); }
  void Close() {}

  void Key(std::string_view name) { String(name); }
  void String(std::string_view text);
  void Binary(std::string_view bytes);
  void Whole(int64_t number);
  void Double(double number);
  // Any JSON text; without effect but ok() == false if it is none.
  void Json(std::string_view json);
  void Raw(std::string_view encoded) { out_ += encoded; }

  // False once something could not be said.
  bool ok() const { return ok_; }

 private:
  template <typename Number>
  void BigEndian(uint8_t type, Number number);
  // The size of a container or string: in one byte with `fix` up to `fix_max`, else as a number of
  // 16 bits behind the type `wide` or of 32 behind the next.
  void Header(size_t size, uint8_t fix, size_t fix_max, uint8_t wide);

  std::string& out_;
  bool ok_ = true;
};

}  // namespace sluice::protocol
