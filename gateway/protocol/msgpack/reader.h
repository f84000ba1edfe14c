// SPDX-License-Identifier: Apache-2.0
//
// Reads hostile MessagePack and writes it as JSON text. Costs O(bytes), allocates for nothing but
// the text, does not recurse.
//
// What JSON lacks: bin becomes {"base64":true,"data":"..."}, a timestamp its ISO 8601 string, NaN
// and the infinities null. Map keys are strings, or whole numbers (then in decimal).
//
// What is wrong with a single value costs that value alone, so that a message keeps its envelope: a
// string that is no UTF-8, an extension that means nothing here, a container that is nested too
// deeply become null, a bad key "", and the reader notes it (TakeFlaw). Bytes that end too early
// end the reading.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "gateway/protocol/msgpack/token.h"

namespace sluice::protocol {

class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : begin_(bytes.data()), rest_(bytes) {}

  // Reads one token. False, from now on, if the bytes end too early.
  bool Read(MsgpackToken& token);
  // Appends one whole value to `json`, nested at most `depth_max` deep.
  bool ReadJson(std::string& json, size_t depth_max);
  // Appends one map key, without quotes.
  bool ReadKey(std::string& key);

  size_t offset() const { return rest_.data() - begin_; }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return what_.empty(); }
  // Why the reading ended. Only if it did.
  std::string Flaw() const;
  // The first that was noted since the last of these calls; empty: every value was good.
  std::string TakeFlaw();

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
  void Scalar(std::string& json, const MsgpackToken& token);
  void Timestamp(std::string& json, const MsgpackToken& token);
  // Passes what is inside of a container that was opened; any other token has nothing inside.
  bool Pass(const MsgpackToken& opening);
  void Note(std::string_view what);
  std::string AtOffset(std::string_view what) const;

  const char* begin_;
  std::string_view rest_;
  std::string_view what_;
  std::string noted_;
};

}  // namespace sluice::protocol
