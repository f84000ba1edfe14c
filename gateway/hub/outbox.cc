// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/outbox.h"

#include "gateway/hub/frame.h"

namespace sluice::hub {

// --- DirtyList -----------------------------------------------------------------------------------

// As many as there are now: a flush may make its own outbox, or another, dirty again.
void DirtyList::FlushAll(absl::Time now) {
  for (size_t left = size_; left > 0 && head_ != nullptr; --left) {
    Outbox& outbox = *head_;
    Remove(outbox);
    outbox.owner_.Flush(now);
  }
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

Outbox::~Outbox() {
  if (listed_) dirty_.Remove(*this);
}

void Outbox::MarkDirty() {
  if (listed_) return;
  dirty_since_ = dirty_.now_;
  dirty_.Add(*this);
}

void Outbox::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  bool fits = !pieces_.empty() && !pieces_.back().shared &&
              pieces_.back().copied.size() + bytes.size() <= kPieceMax;
  if (!fits) pieces_.emplace_back();
  pieces_.back().copied.append(bytes);
  size_ += bytes.size();
  MarkDirty();
}

void Outbox::Append(const SharedFrame& frame) {
  if (frame->size() < kReferMin) return Append(std::string_view(*frame));
  pieces_.push_back({{}, frame});
  size_ += frame->size();
  MarkDirty();
}

void Outbox::AppendFrame(bool binary, std::string_view payload) {
  std::string header;
  AppendFrameHeader(header, binary, payload.size());
  Append(header);
  Append(payload);
}

Outbox::Pieces Outbox::Front(size_t max) const {
  Pieces pieces;
  for (size_t i = 0; i < pieces_.size() && i < max; ++i) {
    std::string_view view = pieces_[i].view();
    pieces.push_back(i == 0 ? view.substr(consumed_) : view);
  }
  return pieces;
}

void Outbox::Consume(size_t bytes) {
  size_ -= bytes;
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
