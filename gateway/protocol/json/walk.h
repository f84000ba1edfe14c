// SPDX-License-Identifier: Apache-2.0
//
// A strict walk over one JSON text (RFC 8259): the grammar, every escape and every number are
// checked, nothing is converted, nothing is copied. No recursion: the depth is bounded by the
// caller, the cost by the bytes. UTF-8 is not checked here (simdjson does that at full speed).
//
// A visitor that mends is shown what is wrong with a single value or key, and the walk goes on
// behind it: a bad escape, a malformed number or word, a container that is nested too deeply. What
// is wrong between values still ends the walk.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace sluice::protocol {

// Where a walk stopped and why; `what` is empty if the text is sound.
struct JsonFlaw {
  std::string_view what;
  size_t offset = 0;

  explicit operator bool() const { return !what.empty(); }
  std::string ToString() const;  // "a comma is missing at byte 17"
};

namespace json_internal {

// Each takes the first byte of a token and returns the end of it, or null with `what` set.
const char* SkipString(const char* at, const char* end, std::string_view* what);
const char* SkipNumber(const char* at, const char* end, std::string_view* what);
const char* SkipWord(const char* at, const char* end, std::string_view* what);

// The end of a value that may be malformed inside, or null if it has none: a string ends with its
// quote, a container with as many closing brackets as it opened, anything else at a delimiter.
const char* PassValue(const char* at, const char* end);

// Whether no number and no word goes on here.
bool AtDelimiter(const char* at, const char* end);

inline const char* SkipSpace(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

}  // namespace json_internal

// One that mends has BadValue(flaw) and BadKey(flaw) as well.
template <typename Visitor>
concept JsonMends = requires(Visitor visitor, const JsonFlaw& flaw) {
  visitor.BadValue(flaw);
  visitor.BadKey(flaw);
};

// Tells `Visitor` what it meets:
//   Open(bool object), Close(), Key(raw), Scalar(raw): `raw` is the token as written, quotes and
//   all.
template <typename Visitor>
class JsonWalk {
 public:
  JsonWalk(std::string_view text, size_t depth_max, Visitor& visitor)
      : begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        depth_max_(depth_max),
        visitor_(visitor) {}

  JsonFlaw Run() {
    Space();
    bool sound = Value();
    while (sound && !open_.empty()) sound = Next();
    if (sound) {
      Space();
      if (at_ != end_) what_ = "the text goes on behind its end";
    }
    return flaw();
  }

 private:
  JsonFlaw flaw() const { return {what_, static_cast<size_t>(at_ - begin_)}; }
  bool Fail(std::string_view what) {
    what_ = what;
    return false;
  }
  void Space() { at_ = json_internal::SkipSpace(at_, end_); }

  bool Value() {
    if (at_ == end_) return Fail("the text ends too early");
    switch (*at_) {
      case '{':
      case '[':
        return Open();
      case '"':
        return Scalar(json_internal::SkipString(at_, end_, &what_));
      case 't':
      case 'f':
      case 'n':
        return Scalar(json_internal::SkipWord(at_, end_, &what_));
      default:
        return Scalar(json_internal::SkipNumber(at_, end_, &what_));
    }
  }

  bool Open() {
    if (open_.size() >= depth_max_) return BadValue("the text is nested too deeply");
    bool object = *at_ == '{';
    open_.push_back(object ? '}' : ']');
    just_opened_ = true;
    visitor_.Open(object);
    ++at_;
    return true;
  }

  // `what` is wrong inside of the value here.
  bool BadValue(std::string_view what) {
    what_ = what;
    if constexpr (JsonMends<Visitor>) {
      const char* value_end = json_internal::PassValue(at_, end_);
      if (value_end == nullptr) return false;
      visitor_.BadValue(flaw());
      what_ = {};
      at_ = value_end;
      just_opened_ = false;
      return true;
    }
    return false;
  }

  bool Scalar(const char* token_end) {
    if (token_end == nullptr) return BadValue(what_);
    if constexpr (JsonMends<Visitor>) {  // "01" is one value, and a bad one
      bool ends = *at_ == '"' || json_internal::AtDelimiter(token_end, end_);
      if (!ends) return BadValue("a value is malformed");
    }
    visitor_.Scalar(std::string_view(at_, token_end - at_));
    at_ = token_end;
    just_opened_ = false;
    return true;
  }

  // Inside a container: what follows its opening, or one of its values.
  bool Next() {
    Space();
    if (at_ == end_) return Fail("the text ends too early");
    if (*at_ == open_.back()) return Close();
    if (!just_opened_) {
      if (*at_ != ',') return Fail("a comma or a closing bracket is missing");
      ++at_;
      Space();
    }
    if (open_.back() == '}' && !Key()) return false;
    return Value();
  }

  bool Close() {
    ++at_;
    open_.pop_back();
    just_opened_ = false;
    visitor_.Close();
    return true;
  }

  bool Key() {
    if (at_ == end_ || *at_ != '"') return Fail("a key is missing");
    const char* key_end = json_internal::SkipString(at_, end_, &what_);
    if (key_end != nullptr) {
      visitor_.Key(std::string_view(at_, key_end - at_));
    } else if (key_end = PassBadKey(); key_end == nullptr) {
      return false;
    }
    at_ = key_end;
    Space();
    if (at_ == end_ || *at_ != ':') return Fail("a colon is missing");
    ++at_;
    Space();
    return true;
  }

  const char* PassBadKey() {
    if constexpr (JsonMends<Visitor>) {
      const char* key_end = json_internal::PassValue(at_, end_);
      if (key_end == nullptr) return nullptr;
      visitor_.BadKey(flaw());
      what_ = {};
      return key_end;
    }
    return nullptr;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  size_t depth_max_;
  Visitor& visitor_;
  std::string_view what_;
  absl::InlinedVector<char, 64> open_;  // the closing brackets that are due
  bool just_opened_ = false;
};

// Whether `text` is one JSON text, nested at most `depth_max` deep.
JsonFlaw CheckJson(std::string_view text, size_t depth_max);

}  // namespace sluice::protocol
