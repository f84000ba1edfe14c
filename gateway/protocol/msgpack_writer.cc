// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/msgpack_writer.h"

#include <bit>
#include <charconv>
#include <limits>
#include <vector>

#include "absl/strings/charconv.h"
#include "gateway/protocol/json_text.h"
#include "gateway/protocol/json_walk.h"

namespace sluice::protocol {
namespace {

// As deep as --depth-max may be, and a little more: backends nest under the same bound.
constexpr size_t kDepthMax = 1024;

// How many values each container of a JSON text has, in the order of their openings. MessagePack
// wants to know before the first of them.
class SizeCounter {
 public:
  void Open(bool) {
    Count();
    open_.push_back(sizes_.size());
    sizes_.push_back(0);
  }
  void Close() { open_.pop_back(); }
  void Key(std::string_view) {}
  void Scalar(std::string_view) { Count(); }

  const std::vector<size_t>& sizes() const { return sizes_; }

 private:
  void Count() {
    if (!open_.empty()) ++sizes_[open_.back()];
  }
  std::vector<size_t> sizes_;
  std::vector<size_t> open_;
};

double ToDouble(std::string_view number) {
  double value = 0;
  absl::from_chars(number.data(), number.data() + number.size(), value);
  return value;
}

class Transcoder {
 public:
  Transcoder(MsgpackWriter& writer, const std::vector<size_t>& sizes)
      : writer_(writer), next_size_(sizes.begin()) {}

  void Open(bool object) {
    size_t size = *next_size_++;
    object ? writer_.Map(size) : writer_.Array(size);
  }
  void Close() {}
  void Key(std::string_view raw) { writer_.String(Unquote(raw)); }
  void Scalar(std::string_view raw) {
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
  std::vector<size_t>::const_iterator next_size_;
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
  SizeCounter counter;
  if (JsonWalk<SizeCounter>(json, kDepthMax, counter).Run()) {
    ok_ = false;
    return;
  }
  Transcoder transcoder(*this, counter.sizes());
  JsonWalk<Transcoder>(json, kDepthMax, transcoder).Run();
}

}  // namespace sluice::protocol
