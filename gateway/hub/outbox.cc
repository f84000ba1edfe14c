// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/outbox.h"

#include "gateway/hub/frame.h"

namespace sluice::hub {

// --- TurnLog -------------------------------------------------------------------------------------

uint32_t TurnLog::Put(const SharedFrame& frame) {
  if (frame == last_) return last_begin_;
  last_ = frame;
  last_begin_ = static_cast<uint32_t>(bytes_.size());
  bytes_.append(*frame);
  return last_begin_;
}

void TurnLog::Clear() {
  if (!last_) return;
  last_.reset();
  bytes_.clear();
  if (bytes_.capacity() > kKeptMax) bytes_.shrink_to_fit();
}

// --- DirtyList -----------------------------------------------------------------------------------

// As many as there are now: a flush may make its own outbox, or another, dirty again.
void DirtyList::FlushAll(Instant now) {
  for (size_t left = size_; left > 0 && head_ != nullptr; --left) {
    flushing_ = head_;
    Remove(*flushing_);
    flushing_->owner_.Flush(now);
    if (!flushing_) continue;
    flushing_->Settle();
    flushing_->blocked_ = !flushing_->empty();
  }
  flushing_ = nullptr;
  if (head_ != nullptr) return;
  for (TurnLog& log : logs_) log.Clear();
}

void DirtyList::Add(Outbox& outbox) {
  outbox.listed_ = true;
  outbox.previous_ = tail_;
  outbox.next_ = nullptr;
  (tail_ ? tail_->next_ : head_) = &outbox;
  tail_ = &outbox;
  ++size_;
}

void DirtyList::Remove(Outbox& outbox) {
  (outbox.previous_ ? outbox.previous_->next_ : head_) = outbox.next_;
  (outbox.next_ ? outbox.next_->previous_ : tail_) = outbox.previous_;
  outbox.next_ = outbox.previous_ = nullptr;
  outbox.listed_ = false;
  --size_;
}

// --- Outbox --------------------------------------------------------------------------------------

Outbox::Outbox(DirtyList& dirty, Flushable& owner) : dirty_(dirty), owner_(owner) {}

Outbox::~Outbox() {
  if (listed_) dirty_.Remove(*this);
  if (dirty_.flushing_ == this) dirty_.flushing_ = nullptr;
}

void Outbox::MarkDirty() {
  if (listed_) return;
  dirty_since_ = dirty_.now_;
  dirty_.Add(*this);
}

void Outbox::Append(MessageClass what, const SharedFrame& frame) {
  if (blocked_) return Waiting().Add(what, frame);
  if (frame->size() >= kReferMin) return Refer(frame);
  if (!Extend(frame)) Copy(*frame);
}

void Outbox::AppendFrame(MessageClass what, bool binary, std::string_view payload) {
  if (blocked_) return Waiting().Add(what, binary, payload);
  std::string header;
  AppendFrameHeader(header, binary, payload.size());
  Copy(header);
  Copy(payload);
}

void Outbox::AppendControl(std::string_view frame) {
  if (IsCloseFrame(frame)) Merge(size());
  Copy(frame);
}

Backlog& Outbox::Waiting() {
  if (!backlog_) backlog_ = std::make_unique<Backlog>();
  return *backlog_;
}

void Outbox::Copy(std::string_view bytes) {
  if (bytes.empty()) return;
  Settle();
  bool fits = !pieces_.empty() && !pieces_.back().shared &&
              pieces_.back().copied.size() + bytes.size() <= kPieceMax;
  if (!fits) pieces_.emplace_back();
  pieces_.back().copied.append(bytes);
  size_ += bytes.size();
  MarkDirty();
}

void Outbox::Refer(const SharedFrame& frame) {
  Settle();
  pieces_.push_back({{}, frame});
  size_ += frame->size();
  MarkDirty();
}

void Outbox::Merge(size_t bytes) {
  if (!backlog_) return;
  Settle();
  while (!backlog_->empty() && size_ < bytes) {
    pieces_.push_back(backlog_->Take());
    size_ += pieces_.back().view().size();
  }
  if (backlog_->empty()) backlog_.reset();
}

// True if the frame begins a stretch, or comes right behind it.
bool Outbox::Extend(const SharedFrame& frame) {
  if (!pieces_.empty() || frame->empty()) return false;
  uint8_t log = frame->front() & 1;
  TurnLog& frames = dirty_.logs_[log];
  if (!frames.HasRoom(frame->size())) return false;
  uint32_t begin = frames.Put(frame);
  if (size_ == 0) {
    log_ = log;
    stretch_begin_ = begin;
  } else if (log != log_ || begin != stretch_end_) {
    return false;
  }
  stretch_end_ = begin + static_cast<uint32_t>(frame->size());
  size_ += frame->size();
  MarkDirty();
  return true;
}

void Outbox::Settle() {
  if (stretch_begin_ == stretch_end_) return;
  pieces_.emplace_back().copied = Stretch();
  stretch_begin_ = stretch_end_ = 0;
}

Outbox::Pieces Outbox::Front(size_t max) const {
  Pieces pieces;
  if (stretch_begin_ != stretch_end_ && max > 0) pieces.push_back(Stretch());
  for (size_t i = 0; i < pieces_.size() && i < max; ++i) {
    std::string_view view = pieces_[i].view();
    pieces.push_back(i == 0 ? view.substr(consumed_) : view);
  }
  return pieces;
}

void Outbox::Consume(size_t bytes) {
  ConsumeOnTheirWay(bytes);
  if (size_ < kMergeMax) Merge(kMergeMax);
  if (size_ == 0) blocked_ = false;
}

void Outbox::ConsumeOnTheirWay(size_t bytes) {
  size_ -= bytes;
  written_ += bytes;
  if (stretch_begin_ != stretch_end_) {
    stretch_begin_ += static_cast<uint32_t>(bytes);
    return;
  }
  consumed_ += bytes;
  size_t whole = 0;
  while (whole < pieces_.size() && consumed_ >= pieces_[whole].view().size()) {
    consumed_ -= pieces_[whole].view().size();
    ++whole;
  }
  pieces_.erase(pieces_.begin(), pieces_.begin() + whole);
  if (pieces_.empty()) pieces_.shrink_to_fit();  // a burst leaves nothing behind
}

}  // namespace sluice::hub
