// SPDX-License-Identifier: Apache-2.0
//
// Whole messages that were read while the hub could not take any: reading goes on meanwhile, so
// that the end of a connection, and the answers to pings, are noticed at once.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

namespace sluice::edge {

class ReadAhead {
 public:
  struct Message {
    std::string bytes;
    bool binary = false;
  };
  // What a message costs beside its bytes.
  static constexpr size_t kMessageCost = 96;

  bool empty() const { return waiting_ == nullptr; }
  // Bytes, the costs included.
  size_t size() const { return waiting_ ? waiting_->size : 0; }

  void Put(Message message) {
    if (!waiting_) waiting_ = std::make_unique<Waiting>();
    waiting_->size += message.bytes.size() + kMessageCost;
    waiting_->messages.push_back(std::move(message));
  }
  Message Take() {
    Message first = std::move(waiting_->messages.front());
    waiting_->messages.pop_front();
    waiting_->size -= first.bytes.size() + kMessageCost;
    if (waiting_->messages.empty()) waiting_.reset();
    return first;
  }

 private:
  struct Waiting {
    std::list<Message> messages;
    size_t size = 0;
  };
  std::unique_ptr<Waiting> waiting_;  // null on almost every connection
};

}  // namespace sluice::edge
