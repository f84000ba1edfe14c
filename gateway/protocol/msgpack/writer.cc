// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/msgpack/writer.h"

#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/charconv.h"
#include "absl/strings/escaping.h"
#include "gateway/protocol/json/text.h"
#include "gateway/protocol/json/walk.h"

namespace sluice::protocol {
namespace {

// As deep as --depth-max may be, and a little more: backends nest under the same bound.
constexpr size_t kDepthMax = 1024;

// What must be known of a container of a JSON text before the first of its values.
struct Shape {
  size_t size = 0;          // MessagePack says how many there are
  std::string_view binary;  // the text of {"base64":true,"data":text}, quotes and all
};

// Finds the shapes of a text's containers, in the order of their openings.
class ShapeFinder {
 public:
  void Open(bool object) {
    Count();
    if (!open_.empty()) open_.back().plain = false;
    open_.push_back({.index = shapes_.size(), .plain = object});
    shapes_.emplace_back();
  }
  void Close() {
    const Level& level = open_.back();
    Shape& shape = shapes_[level.index];
    if (level.plain && level.base64 && shape.size == 2) shape.binary = level.data;
    open_.pop_back();
  }
  void Key(std::string_view raw) { open_.back().key = raw; }
  void Scalar(std::string_view raw) {
    Count();
    if (open_.empty() || !open_.back().plain) return;
    Level& level = open_.back();
    if (level.key == R"("base64")" && raw == "true") {
      level.base64 = true;
    } else if (level.key == R"("data")" && KindOf(raw) == JsonKind::kString) {
      level.data = raw;
    } else {
      level.plain = false;
    }
  }

  const std::vector<Shape>& shapes() const { return shapes_; }

 private:
  struct Level {
    size_t index = 0;
    bool plain = false;  // an object that may yet stand for bytes
    bool base64 = false;
    std::string_view key{};
    std::string_view data{};
  };
  void Count() {
    if (!open_.empty()) ++shapes_[open_.back().index].size;
  }
  std::vector<Shape> shapes_;
  std::vector<Level> open_;
};

// The bytes, if the text is their base64 and no other spelling of it: so nothing is lost that is
// no bytes after all.
std::optional<std::string> ToBytes(std::string_view raw) {
  if (raw.empty()) return std::nullopt;
  std::string text = Unquote(raw);
  std::string bytes;
  bool sound = absl::Base64Unescape(text, &bytes) && absl::Base64Escape(bytes) == text;
  return sound ? std::optional(std::move(bytes)) : std::nullopt;
}

double ToDouble(std::string_view number) {
  double value = 0;
  absl::from_chars(number.data(), number.data() + number.size(), value);
  return value;
}

class Transcoder {
 public:
  Transcoder(MsgpackWriter& writer, const std::vector<Shape>& shapes)
      : writer_(writer), next_(shapes.begin()) {}

  void Open(bool object) {
    const Shape& shape = *next_++;
    if (auto bytes = ToBytes(shape.binary)) {
      writer_.Binary(*bytes);
      said_ = true;
    } else {
      object ? writer_.Map(shape.size) : writer_.Array(shape.size);
    }
  }
  void Close() { said_ = false; }
  void Key(std::string_view raw) {
    if (!said_) writer_.String(Unquote(raw));
  }
  void Scalar(std::string_view raw) {
    if (said_) return;
    switch (KindOf(raw)) {
      case JsonKind::kNull:
        return writer_.Raw(MsgpackWriter::kNull);
      case JsonKind::kBool:
        return writer_.Raw(raw == "true" ? "\xc3" : "\xc2");
      case JsonKind::kString:
        return writer_.String(Unquote(raw));
      default:
        return Number(raw);
    }
  }

 private:
  void Number(std::string_view raw) {
    int64_t whole = 0;
    auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), whole);
    if (error == std::errc() && end == raw.data() + raw.size()) return writer_.Whole(whole);
    writer_.Double(ToDouble(raw));
  }

  MsgpackWriter& writer_;
  std::vector<Shape>::const_iterator next_;
  bool said_ = false;  // the object that is open was written as bytes
};

}  // namespace

template <typename Number>
void MsgpackWriter::BigEndian(uint8_t type, Number number) {
  out_ += static_cast<char>(type);
  for (int shift = sizeof(Number) * 8 - 8; shift >= 0; shift -= 8) {
    out_ += static_cast<char>(number >> shift & 0xff);
  }
}

void MsgpackWriter::Header(size_t size, uint8_t fix, size_t fix_max, uint8_t wide) {
  if (size <= fix_max) {
    out_ += static_cast<char>(fix | size);
  } else if (size <= std::numeric_limits<uint16_t>::max()) {
    BigEndian(wide, static_cast<uint16_t>(size));
  } else {
    BigEndian(wide + 1, static_cast<uint32_t>(size));
  }
}

void MsgpackWriter::String(std::string_view text) {
  if (text.size() > 31 && text.size() <= std::numeric_limits<uint8_t>::max()) {
    BigEndian(0xd9, static_cast<uint8_t>(text.size()));
  } else {
    Header(text.size(), 0xa0, 31, 0xda);
  }
  out_ += text;
}

void MsgpackWriter::Binary(std::string_view bytes) {
  if (bytes.size() <= std::numeric_limits<uint8_t>::max()) {
    BigEndian(0xc4, static_cast<uint8_t>(bytes.size()));
  } else {
    Header(bytes.size(), 0, 0, 0xc5);
  }
  out_ += bytes;
}

void MsgpackWriter::Whole(int64_t number) {
  if (number >= -32 && number <= 127) {
    out_ += static_cast<char>(number);
  } else if (number < std::numeric_limits<int32_t>::min() ||
             number > std::numeric_limits<uint32_t>::max()) {
    Double(static_cast<double>(number));
  } else if (number >= 0) {
    if (number <= 0xff) return BigEndian(0xcc, static_cast<uint8_t>(number));
    if (number <= 0xffff) return BigEndian(0xcd, static_cast<uint16_t>(number));
    BigEndian(0xce, static_cast<uint32_t>(number));
  } else {
    if (number >= -0x80) return BigEndian(0xd0, static_cast<uint8_t>(number));
    if (number >= -0x8000) return BigEndian(0xd1, static_cast<uint16_t>(number));
    BigEndian(0xd2, static_cast<uint32_t>(number));
  }
}

void MsgpackWriter::Double(double number) { BigEndian(0xcb, std::bit_cast<uint64_t>(number)); }

void MsgpackWriter::Json(std::string_view json) {
  ShapeFinder finder;
  if (JsonWalk<ShapeFinder>(json, kDepthMax, finder).Run()) {
    ok_ = false;
    return;
  }
  Transcoder transcoder(*this, finder.shapes());
  JsonWalk<Transcoder>(json, kDepthMax, transcoder).Run();
}

}  // namespace sluice::protocol
