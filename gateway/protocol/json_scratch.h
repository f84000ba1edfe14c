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

  JsonScratch() : bench_(TakeBench()) {}
  // Room for a rare large text is given back.
  ~JsonScratch() {
    if (bench_->text.capacity() <= kKeptBytesMax) Idle().push_back(std::move(bench_));
  }
  JsonScratch(const JsonScratch&) = delete;
  JsonScratch& operator=(const JsonScratch&) = delete;

  // The document refers to this scratch. UTF-8 is checked, the rest only where one looks.
  simdjson::simdjson_result<simdjson::ondemand::document> Iterate(std::string_view text) {
    bench_->text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    bench_->text.assign(text);
    return bench_->parser.iterate(bench_->text.data(), text.size(), bench_->text.capacity());
  }

 private:
  struct Bench {
    simdjson::ondemand::parser parser;
    std::string text;
  };
  static std::vector<std::unique_ptr<Bench>>& Idle() {
    thread_local std::vector<std::unique_ptr<Bench>> idle;
    return idle;
  }
  static std::unique_ptr<Bench> TakeBench() {
    if (Idle().empty()) return std::make_unique<Bench>();
    std::unique_ptr<Bench> bench = std::move(Idle().back());
    Idle().pop_back();
    return bench;
  }

  std::unique_ptr<Bench> bench_;
};

}  // namespace sluice::protocol
