// SPDX-License-Identifier: Apache-2.0
//
// A simdjson parser with padded room for a text, borrowed from the thread for as long as this
// lives.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string_view>
#include <vector>

namespace sluice::protocol {

class JsonScratch {
 public:
  static constexpr size_t kKeptBytesMax = 256 << 10;

  JsonScratch() : buffers_(TakeBuffers()) {}
  // Room for a rare large text is given back.
  ~JsonScratch() {
    if (buffers_->text.capacity() <= kKeptBytesMax) Idle().push_back(std::move(buffers_));
  }
  JsonScratch(const JsonScratch&) = delete;
  JsonScratch& operator=(const JsonScratch&) = delete;

  // The document refers to this scratch. UTF-8 is checked, the rest only where one looks.
  simdjson::simdjson_result<simdjson::ondemand::document> Iterate(std::string_view text) {
    buffers_->text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    buffers_->text.assign(text);
    return buffers_->parser.iterate(buffers_->text.data(), text.size(), buffers_->text.capacity());
  }

 private:
  struct Buffers {
    simdjson::ondemand::parser parser;
    std::string text;
  };
  static std::vector<std::unique_ptr<Buffers>>& Idle() {
    thread_local std::vector<std::unique_ptr<Buffers>> idle;
    return idle;
  }
  static std::unique_ptr<Buffers> TakeBuffers() {
    if (Idle().empty()) return std::make_unique<Buffers>();
    std::unique_ptr<Buffers> buffers = std::move(Idle().back());
    Idle().pop_back();
    return buffers;
  }

  std::unique_ptr<Buffers> buffers_;
};

}  // namespace sluice::protocol
