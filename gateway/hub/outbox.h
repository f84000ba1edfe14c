// SPDX-License-Identifier: Apache-2.0
//
// What is on its way to one connection, in order: small writes are copied together, large
// shared frames are referred to. A shard's outboxes that hold something stand on its DirtyList,
// which is walked once a turn of the loop; so everything that a turn produced for a connection
// leaves in one gathered write.
//
// Small shared frames are first put behind one another once for the whole shard (TurnLog), and an
// outbox that gets nothing else in a turn just remembers which stretch of them is its own: what a
// broadcast costs an outbox does not depend on its size, and what a thousand outboxes hold of it is
// in memory once. What the socket did not take by the end of the walk is copied, and what comes
// after that waits as messages (Backlog) until most of it has left. Control frames do not wait
// there: nothing is decided about them.
//
// Owned by the connection, used on its shard's thread only. An outbox leaves the list when it is
// destroyed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "gateway/hub/backlog.h"
#include "storage/time.h"

namespace sluice::hub {

class Outbox;

// Writes an outbox; the connection.
class Flushable {
 public:
  virtual ~Flushable() = default;
  // Write what the outbox holds. May destroy the outbox.
  virtual void Flush(Instant now) = 0;
  // Write what the socket takes at this moment, in the middle of a turn and even if it took
  // nothing a moment ago. Destroys nothing.
  virtual void Relieve() = 0;
};

// Small shared frames of one turn of one shard, behind one another.
class TurnLog {
 public:
  static constexpr uint32_t kBytesMax = 1 << 20;
  static constexpr size_t kKeptMax = 64 * 1024;  // capacity that outlives a turn

  bool HasRoom(size_t bytes) const { return bytes_.size() + bytes <= kBytesMax; }
  // Where `frame` begins; it is copied in, unless it is the one that came last.
  uint32_t Put(const SharedFrame& frame);
  std::string_view View(uint32_t begin, uint32_t end) const {
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  void Clear();

 private:
  std::string bytes_;
  SharedFrame last_;  // kept alive, so that no other frame can have its address
  uint32_t last_begin_ = 0;
};

// The outboxes of one shard that have got something since they were last flushed.
class DirtyList {
 public:
  // Calls Flush on each once; those that become dirty meanwhile wait for the next walk.
  void FlushAll(Instant now);
  bool empty() const { return head_ == nullptr; }

  // Told by the loop at each turn; stamps what becomes dirty, for the delay metric.
  void set_now(Instant now) { now_ = now; }
  Instant now() const { return now_; }

 private:
  friend class Outbox;
  void Add(Outbox& outbox);
  void Remove(Outbox& outbox);

  Outbox* head_ = nullptr;
  Outbox* tail_ = nullptr;
  Outbox* flushing_ = nullptr;  // null again if it dies meanwhile
  size_t size_ = 0;
  Instant now_ = Instant::Past();
  // Whoever refers to them is on the list or being flushed. One for text, one for binary: the
  // frames of a broadcast to mixed dialects stay neighbours to those of their own.
  std::array<TurnLog, 2> logs_;
};

class Outbox {
 public:
  static constexpr size_t kReferMin = Backlog::kReferMin;
  // Copied bytes are kept in pieces of about this size, so that what is written can be freed while
  // more comes in behind it.
  static constexpr size_t kPieceMax = Backlog::kPieceMax;
  // So much of what waits is merged into the bytes on their way at once.
  static constexpr size_t kMergeMax = 64 * 1024;

  Outbox(DirtyList& dirty, Flushable& owner);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void Append(MessageClass what, const SharedFrame& frame);
  void AppendFrame(MessageClass what, bool binary, std::string_view payload);
  // Pings, pongs, and what is no frame: ahead of the messages that wait. A close frame comes
  // behind them, and ends everything.
  void AppendControl(std::string_view frame);

  size_t size() const { return size_ + (backlog_ ? backlog_->bytes() : 0); }  // that wait
  bool empty() const { return size_ == 0; }
  uint64_t written() const { return written_; }      // bytes that ever left
  uint64_t put() const { return written_ + size_; }  // and those on their way
  // What waits behind those; null: nothing.
  const Backlog* backlog() const { return backlog_.get(); }

  // Up to `max` pieces from the front, for a gathered write; valid until the next non-const call.
  using Pieces = absl::InlinedVector<std::string_view, 16>;
  Pieces Front(size_t max) const;

  // Drops `bytes` (at most size()) from the front: they were written.
  void Consume(size_t bytes);

  // Asks the socket to take something now, because more does not fit.
  void Relieve() { owner_.Relieve(); }

  // The turn's time.
  Instant now() const { return dirty_.now(); }
  // When the oldest unflushed byte came.
  Instant dirty_since() const { return dirty_since_; }

 private:
  friend class DirtyList;
  void MarkDirty();
  void Copy(std::string_view bytes);
  void Refer(const SharedFrame& frame);
  Backlog& Waiting();
  // Merges what waits until so many bytes are on their way.
  void Merge(size_t bytes);
  void ConsumeOnTheirWay(size_t bytes);
  bool Extend(const SharedFrame& frame);
  // Copies the stretch, if there is one: it is part of the pieces from now on.
  void Settle();
  std::string_view Stretch() const { return dirty_.logs_[log_].View(stretch_begin_, stretch_end_); }

  DirtyList& dirty_;
  Flushable& owner_;
  Outbox* next_ = nullptr;
  Outbox* previous_ = nullptr;
  bool listed_ = false;
  bool blocked_ = false;  // a turn has ended with bytes that the socket did not take
  uint8_t log_ = 0;       // which one the stretch is of
  uint32_t stretch_begin_ = 0;
  uint32_t stretch_end_ = 0;  // if it is not empty, there are no pieces
  Instant dirty_since_ = Instant::Past();
  size_t size_ = 0;  // on their way
  uint64_t written_ = 0;
  size_t consumed_ = 0;  // bytes of the first piece that are written already
  absl::InlinedVector<Piece, 1> pieces_;
  std::unique_ptr<Backlog> backlog_;
};

}  // namespace sluice::hub
