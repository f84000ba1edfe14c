// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/wire.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "gateway/edge/send_queue.h"

namespace sluice::edge {
namespace {

constexpr size_t kPiecesPerWrite = 64;
constexpr int kWritesPerFlush = 16;  // then the next connection's turn

double SecondsBetween(Instant from, Instant to) {
  return static_cast<double>(to.nanoseconds() - from.nanoseconds()) * 1e-9;
}

}  // namespace

void Wire::Flush(Instant now) {
  if (closed_ || waiting_ || outbox_.empty()) return;
  probe_.flush_delay_seconds.Observe(SecondsBetween(outbox_.dirty_since(), now));
  Push();
}

void Wire::Relieve() {
  if (!closed_ && !outbox_.empty()) Push();
}

// With TLS the queue holds a little more than the bytes of the outbox: what has arrived is known a
// little late.
hub::Flow Wire::flow() {
  if (closed_) return {outbox_.put(), 0, 0, 0};
  SendQueue queue = ReadSendQueue(transport_.socket().native_handle());
  uint64_t written = outbox_.written();
  return {outbox_.put(), written - std::min(written, queue.unconfirmed), queue.allowed,
          queue.in_flight};
}

void Wire::Push() {
  for (int i = 0; i < kWritesPerFlush && !outbox_.empty(); ++i) {
    size_t done = 0;
    switch (transport_.Write(outbox_.Front(kPiecesPerWrite), done)) {
      case Transport::Io::kDone:
        Wrote(done);
        break;
      case Transport::Io::kWantWrite:
        probe_.would_block.Add();
        return Await(TcpSocket::wait_write);
      case Transport::Io::kWantRead:
        return Await(TcpSocket::wait_read);
      default:
        return Break();
    }
  }
  if (outbox_.empty()) return Drained();
  Await(TcpSocket::wait_write);
}

void Wire::Wrote(size_t bytes) {
  outbox_.Consume(bytes);
  probe_.flushes.Add();
  probe_.bytes_out.Add(bytes);
  probe_.flush_bytes.Observe(static_cast<double>(bytes));
}

void Wire::Await(TcpSocket::wait_type what) {
  if (waiting_) return;
  waiting_ = true;
  transport_.socket().async_wait(what, [this, hold = Hold(&owner_)](boost::system::error_code e) {
    waiting_ = false;
    if (closed_) return;
    e ? Break() : Push();
  });
}

void Wire::Drained() {
  own_ = 0;
  if (!finishing_) return;
  transport_.ShutdownSend();
  boost::asio::post(executor(), [this, hold = Hold(&owner_)] { owner_.OnSent(); });
}

void Wire::Break() {
  closed_ = true;
  boost::asio::post(executor(), [this, hold = Hold(&owner_)] { owner_.OnBroken(); });
}

void Wire::FinishSending() {
  if (closed_ || finishing_) return;
  finishing_ = true;
  if (outbox_.empty()) Drained();
}

void Wire::Took(std::string_view bytes) {
  probe_.bytes_in.Add(bytes.size());
  switch (pace_.Charge(owner_.read_limits(), bytes, outbox_.now())) {
    case ReadPace::Cause::kNone:
      return;
    case ReadPace::Cause::kBytes:
      return probe_.reads_delayed_by_bytes.Add();
    case ReadPace::Cause::kFrames:
      return probe_.reads_delayed_by_frames.Add();
  }
}

void Wire::Close() {
  closed_ = true;
  if (timer_) timer_->cancel();
  transport_.Close();
}

size_t Wire::TakeUnread(void* data, size_t size) {
  if (!unread_) return 0;
  size_t taken = unread_->copy(static_cast<char*>(data), size);
  unread_->erase(0, taken);
  if (unread_->empty()) unread_.reset();
  return taken;
}

bool Wire::AppendOwn(std::string_view bytes, size_t limit) {
  if (closed_) return true;
  own_ = outbox_.empty() ? bytes.size() : own_ + bytes.size();
  if (own_ > limit) {
    probe_.pong_overflows.Add();
    return false;
  }
  outbox_.AppendControl(bytes);
  return true;
}

}  // namespace sluice::edge
