// SPDX-License-Identifier: Apache-2.0
//
// A connection's bytes: what came too early, and the outbox on its way to the socket.
//
// Who keeps whom alive: a pending handler holds its connection (a Hold, the count of which is not
// atomic: one thread). The shard's table holds it as well until it is gone. So nothing that a
// handler touches can be destroyed before the handler has run, and a connection that is gone lives
// on only until its cancelled handlers have come back.
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "gateway/edge/probe.h"
#include "gateway/edge/read_pace.h"
#include "gateway/edge/transport.h"
#include "gateway/hub/flow.h"
#include "gateway/hub/outbox.h"

namespace sluice::edge {

// The connection, as its wire knows it.
class WireOwner : public boost::intrusive_ref_counter<WireOwner, boost::thread_unsafe_counter> {
 public:
  virtual ~WireOwner() = default;
  virtual void OnBroken() = 0;  // writing failed; not from within Flush
  virtual void OnSent() = 0;    // after FinishSending: everything was; not from within Flush
  virtual const ReadPace::Limits& read_limits() const = 0;
};
using Hold = boost::intrusive_ptr<WireOwner>;

class Wire final : public hub::Flushable {
 public:
  using Executor = boost::asio::io_context::executor_type;

  // At most so many bytes are read at once.
  static constexpr size_t kReadMax = 64 << 10;

  Wire(Transport transport, hub::DirtyList& dirty, WireOwner& owner, EdgeProbe& probe)
      : transport_(std::move(transport)), outbox_(dirty, *this), owner_(owner), probe_(probe) {}

  Executor executor() { return transport_.socket().get_executor(); }
  Transport& transport() { return transport_; }
  hub::Outbox& outbox() { return outbox_; }
  EdgeProbe& probe() { return probe_; }
  WireOwner& owner() { return owner_; }

  void Flush(Instant now) override;
  void Relieve() override;

  hub::Flow flow();

  // Ends the sending side once the outbox is empty.
  void FinishSending();
  void Close();

  // Bytes that were read already and are to be read again.
  void Unread(std::string bytes) { unread_ = std::make_unique<std::string>(std::move(bytes)); }
  size_t TakeUnread(void* data, size_t size);

  // These bytes were read. What follows must wait until ReadDelay() is over.
  void Took(std::string_view bytes);
  void BeginFrames() { pace_.BeginFrames(); }
  absl::Duration ReadDelay() const { return pace_.resume_at() - outbox_.now(); }
  // Calls `handler(error)` then; with an error if the wire was closed meanwhile.
  template <typename Handler>
  void Delay(absl::Duration delay, Handler&& handler) {
    timer_ =
        std::make_unique<boost::asio::steady_timer>(executor(), absl::ToChronoNanoseconds(delay));
    timer_->async_wait(std::forward<Handler>(handler));
  }

  // Frames that Beast makes (pongs, above all) and that wait in the outbox: a client that pings
  // and never reads must not fill it. Returns false when they exceed `limit` bytes.
  bool AppendOwn(std::string_view bytes, size_t limit);

 private:
  void Push();
  void Wrote(size_t bytes);
  void Await(TcpSocket::wait_type what);
  void Break();
  void Drained();

  Transport transport_;
  hub::Outbox outbox_;
  WireOwner& owner_;
  ReadPace pace_;
  std::unique_ptr<boost::asio::steady_timer> timer_;  // of a client that is read later
  EdgeProbe& probe_;
  std::unique_ptr<std::string> unread_;  // null once all of it was read
  size_t own_ = 0;                       // bytes of AppendOwn since the outbox was empty
  bool waiting_ = false;
  bool finishing_ = false;
  bool closed_ = false;  // or broken: nothing more is written
};

}  // namespace sluice::edge
