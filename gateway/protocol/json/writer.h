// SPDX-License-Identifier: Apache-2.0
//
// Appends one JSON text, piece by piece; has the same face as MsgpackWriter, so that a frame is
// described once for both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/protocol/json/text.h"

namespace sluice::protocol {

class JsonWriter {
 public:
  static constexpr bool kBinary = false;
  static constexpr bool kAlwaysVersion = true;  // every response says "jsonrpc"
  static constexpr std::string_view kNull = "null";

  explicit JsonWriter(std::string& out) : out_(out) {}

  // A map of `size` pairs, an array of `size` values; both are closed by Close.
  void Map(size_t) { Open('{', '}'); }
  void Array(size_t) { Open('[', ']'); }
  void Close() {
    out_ += closers_.back();
    closers_.pop_back();
    comma_ = true;
  }

  void Key(std::string_view name) {
    Comma();
    AppendQuoted(out_, name);
    out_ += ':';
    comma_ = false;
  }
  void String(std::string_view text) {
    Comma();
    AppendQuoted(out_, text);
  }
  void Whole(int64_t number) { Raw(std::to_string(number)); }
  void Json(std::string_view json) { Raw(json); }
  void Binary(std::string_view bytes) {
    Comma();
    AppendBase64(out_, bytes);
  }
  // Something that is in this encoding already.
  void Raw(std::string_view encoded) {
    Comma();
    out_ += encoded;
  }

  // False once something could not be said.
  bool ok() const { return true; }

 private:
  void Open(char opener, char closer) {
    Comma();
    out_ += opener;
    closers_ += closer;
    comma_ = false;
  }
  void Comma() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string& out_;
  std::string closers_;
  bool comma_ = false;
};

}  // namespace sluice::protocol
