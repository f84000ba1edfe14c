// SPDX-License-Identifier: Apache-2.0
//
// Reads hostile MessagePack and writes it as JSON text. Costs O(bytes), allocates for nothing but
// the text, does not recurse.
//
// What JSON lacks: bin becomes {"base64":true,"data":"..."}, a timestamp its ISO 8601 string, NaN
// and the infinities null. Map keys are strings, or whole numbers (then in decimal). Any other
// extension, or key, is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "gateway/protocol/msgpack_token.h"

namespace sluice::protocol {

class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : begin_(bytes.data()), rest_(bytes) {}

  // Reads one token. False, from now on, if the bytes are wrong.
  bool Read(MsgpackToken& token);
  // Appends one whole value to `json`, nested at most `depth_max` deep.
  bool ReadJson(std::string& json, size_t depth_max);
  // Appends one map key, without quotes.
  bool ReadKey(std::string& key);

  size_t offset() const { return rest_.data() - begin_; }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return what_.empty(); }
  // Only after something was wrong.
  std::string Flaw() const;

  // For callers that refuse what they have read.
  bool Fail(std::string_view what);

 private:
  struct Level {
    char closer;
    uint32_t left;  // values or pairs
  };
  using Levels = absl::InlinedVector<Level, 32>;

  bool ReadValue(std::string& json, size_t depth_max, Levels& levels);
  bool ReadItem(std::string& json, size_t depth_max, Levels& levels);
  bool Scalar(std::string& json, const MsgpackToken& token);
  bool Timestamp(std::string& json, const MsgpackToken& token);
  bool CheckUtf8(std::string_view text);

  const char* begin_;
  std::string_view rest_;
  std::string_view what_;
};

}  // namespace sluice::protocol
