// SPDX-License-Identifier: Apache-2.0
//
// What waits for a client whose socket takes no more: whole messages, each with its size and its
// class, until there is room to merge them into the bytes on their way (outbox.h). So whoever
// decides what becomes of a slow client still sees messages. Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::hub {

// A complete WebSocket frame that many outboxes may refer to; null if the dialect has none.
using SharedFrame = std::shared_ptr<const std::string>;

// Why a message was sent.
enum class MessageClass : uint8_t {
  kAnswer,       // it was asked for: an answer, a request, what belongs to the dialect
  kEvent,        // a backend or another client addressed the connection
  kPublication,  // it was said in a channel
};

// Bytes that are written in one piece: some small messages, copied, or a large one, referred to.
struct Piece {
  std::string copied;
  SharedFrame shared;
  std::string_view view() const { return shared ? std::string_view(*shared) : copied; }
};

class Backlog {
 public:
  // Copied messages stand together in pieces of about this size.
  static constexpr size_t kPieceMax = 16 * 1024;
  // A shared frame of at least this many bytes is referred to by itself.
  static constexpr size_t kReferMin = 1024;

  struct Message {
    uint32_t bytes = 0;  // on the wire
    MessageClass what = MessageClass::kAnswer;
    friend bool operator==(const Message&, const Message&) = default;
  };

  void Add(MessageClass what, bool binary, std::string_view payload);
  void Add(MessageClass what, const SharedFrame& frame);

  bool empty() const { return parts_.empty(); }
  size_t bytes() const { return bytes_; }
  // In order.
  std::vector<Message> messages() const;

  // What stands first, as one piece; there is something.
  Piece Take();

 private:
  struct Part {
    Piece piece;
    std::vector<Message> messages;
  };
  std::string& RoomFor(size_t bytes);
  void Note(MessageClass what, size_t bytes);

  std::deque<Part> parts_;
  size_t bytes_ = 0;
};

}  // namespace sluice::hub
