// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/mend.h"

#include <simdjson.h>

#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

constexpr std::string_view kNoUtf8 = "a string is no UTF-8";

// Writes again what the walk meets.
class Mender {
 public:
  explicit Mender(std::string_view source) : source_(source) {}

  void Open(bool object) {
    Begin();
    if (depth_++ == 0) batch_ = !object;
    closers_ += object ? '}' : ']';
    mended_.text += object ? '{' : '[';
    comma_ = false;
  }
  void Close() {
    --depth_;
    mended_.text += closers_.back();
    closers_.pop_back();
    comma_ = true;
  }
  void Key(std::string_view raw) {
    if (!simdjson::validate_utf8(raw)) return BadKey({kNoUtf8, OffsetOf(raw)});
    WriteKey(raw);
  }
  void Scalar(std::string_view raw) {
    if (!simdjson::validate_utf8(raw)) return BadValue({kNoUtf8, OffsetOf(raw)});
    Begin();
    mended_.text += raw;
  }
  void BadKey(const JsonFlaw& flaw) {
    WriteKey("\"\"");
    Note(flaw);
  }
  void BadValue(const JsonFlaw& flaw) {
    Begin();
    mended_.text += "null";
    Note(flaw);
  }

  MendedJson Take() && { return std::move(mended_); }

 private:
  // What stands in front of a value.
  void Begin() {
    Comma();
    if (depth_ == 1 && batch_) ++values_;
  }
  void Comma() {
    if (comma_) mended_.text += ',';
    comma_ = true;
  }
  void WriteKey(std::string_view raw) {
    Comma();
    mended_.text += raw;
    mended_.text += ':';
    comma_ = false;
  }
  void Note(const JsonFlaw& flaw) {
    size_t message = values_ > 0 ? values_ - 1 : 0;
    if (!mended_.flaws.empty() && mended_.flaws.back().message == message) return;
    mended_.flaws.push_back({message, flaw.ToString()});
  }
  size_t OffsetOf(std::string_view raw) const { return raw.data() - source_.data(); }

  std::string_view source_;
  MendedJson mended_;
  std::string closers_;
  size_t depth_ = 0;
  size_t values_ = 0;  // messages of the batch that have begun
  bool batch_ = false;
  bool comma_ = false;
};

}  // namespace

std::optional<MendedJson> MendJson(std::string_view text, size_t depth_max) {
  Mender mender(text);
  if (JsonWalk<Mender>(text, depth_max, mender).Run()) return std::nullopt;
  MendedJson mended = std::move(mender).Take();
  if (mended.flaws.empty()) return std::nullopt;
  return mended;
}

}  // namespace sluice::protocol
