// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/backlog.h"

#include <utility>

#include "gateway/hub/frame.h"

namespace sluice::hub {

void Backlog::Add(MessageClass what, bool binary, std::string_view payload) {
  std::string& copied = RoomFor(payload.size() + kFrameHeaderMax);
  const size_t before = copied.size();
  AppendFrameHeader(copied, binary, payload.size());
  copied.append(payload);
  Note(what, copied.size() - before);
}

void Backlog::Add(MessageClass what, const SharedFrame& frame) {
  if (frame->size() < kReferMin) {
    RoomFor(frame->size()).append(*frame);
  } else {
    parts_.push_back({{{}, frame}, {}});
  }
  Note(what, frame->size());
}

// Where so many bytes more are copied to.
std::string& Backlog::RoomFor(size_t bytes) {
  bool fits = !parts_.empty() && !parts_.back().piece.shared &&
              parts_.back().piece.copied.size() + bytes <= kPieceMax;
  if (!fits) parts_.emplace_back();
  return parts_.back().piece.copied;
}

void Backlog::Note(MessageClass what, size_t bytes) {
  parts_.back().messages.push_back({static_cast<uint32_t>(bytes), what});
  bytes_ += bytes;
}

std::vector<Backlog::Message> Backlog::messages() const {
  std::vector<Message> all;
  for (const Part& part : parts_) {
    all.insert(all.end(), part.messages.begin(), part.messages.end());
  }
  return all;
}

Piece Backlog::Take() {
  Piece piece = std::move(parts_.front().piece);
  parts_.pop_front();
  bytes_ -= piece.view().size();
  return piece;
}

}  // namespace sluice::hub
