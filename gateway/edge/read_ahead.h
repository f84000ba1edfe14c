// SPDX-License-Identifier: Apache-2.0
//
// Whole messages that were read while the hub could not take any: reading goes on meanwhile, so
// that the end of a connection, and the answers to pings, are noticed at once.
#pragma once

#include <cstddef>
#include <list>
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

  bool empty() const { return messages_.empty(); }
  size_t size() const { return size_; }  // bytes, the costs included

  void Put(Message message) {
    size_ += message.bytes.size() + kMessageCost;
    messages_.push_back(std::move(message));
  }
  Message Take() {
    Message first = std::move(messages_.front());
    messages_.pop_front();
    size_ -= first.bytes.size() + kMessageCost;
    return first;
  }

 private:
  std::list<Message> messages_;  // a list, because an empty one costs nothing
  size_t size_ = 0;
};

}  // namespace sluice::edge
