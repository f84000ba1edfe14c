// SPDX-License-Identifier: Apache-2.0
//
// A client's connection without a network: what the hub wrote can be read as messages.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/hub/socket.h"

namespace sluice::fakes {

class FakeSocket final : public hub::Socket, public hub::Flushable {
 public:
  explicit FakeSocket(hub::DirtyList& dirty) : outbox_(dirty, *this) {}

  hub::Outbox& outbox() override { return outbox_; }
  // What was taken has arrived; what the client's system allows is the test's to say.
  hub::Flow flow() override { return {outbox_.put(), outbox_.written(), allowed, 0}; }
  void Agree(std::string_view subprotocol) override { agreed_.emplace_back(subprotocol); }
  void Close(const hub::CloseFrame& frame) override {
    closed_ = frame;
    agreed_before_close_ = agreed_.size();
  }
  void Resume() override { ++resumed_; }
  void Flush(Instant) override { ++flushed_; }
  void Relieve() override { Let(takes); }

  // The messages in the outbox since the last call; a ping is "<ping>".
  std::vector<std::string> Take() {
    std::string bytes;
    while (!outbox_.empty()) {
      size_t before = bytes.size();
      for (std::string_view piece : outbox_.Front(outbox_.size() + 1)) bytes.append(piece);
      outbox_.Consume(bytes.size() - before);
    }
    std::vector<std::string> messages;
    for (size_t at = 0; at < bytes.size();) messages.push_back(TakeFrame(bytes, at));
    return messages;
  }

  // One entry for each time that the upgrade was answered: it should be one.
  const std::vector<std::string>& agreed() const { return agreed_; }
  size_t agreed_before_close() const { return agreed_before_close_; }
  const std::optional<hub::CloseFrame>& closed() const { return closed_; }
  int resumed() const { return resumed_; }
  int flushed() const { return flushed_; }

  // Lets so many bytes of the outbox through, as a slow network would.
  void Let(size_t bytes) {
    while (bytes > 0 && !outbox_.empty()) {
      const size_t taken = std::min<size_t>(bytes, outbox_.put() - outbox_.written());
      outbox_.Consume(taken);
      bytes -= taken;
    }
  }

  uint64_t allowed = 0;
  size_t takes = 0;  // bytes that it takes at once when it is asked to

 private:
  static std::string TakeFrame(const std::string& bytes, size_t& at) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes.at(i)); };
    bool ping = byte(at) == 0x89;
    size_t size = byte(at + 1);
    size_t header = 2;
    int wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (wide > 0) size = 0;
    for (int i = 0; i < wide; ++i) size = size << 8 | byte(at + header++);
    std::string payload = bytes.substr(at + header, size);
    at += header + size;
    return ping ? "<ping>" : payload;
  }

  hub::Outbox outbox_;
  std::vector<std::string> agreed_;
  size_t agreed_before_close_ = 0;
  std::optional<hub::CloseFrame> closed_;
  int resumed_ = 0;
  int flushed_ = 0;
};

}  // namespace sluice::fakes
