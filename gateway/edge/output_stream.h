// SPDX-License-Identifier: Apache-2.0
//
// The AsyncStream that Beast's WebSocket sits on. What Beast writes goes into the connection's
// outbox and is done with: so its own frames (101, pong, close) and those that were encoded once
// for everybody share one order, and leave together when the shard flushes. What Beast reads comes
// from the socket, plain or TLS.
//
// Internal to the edge: this header includes Asio and Beast.
#pragma once

#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <utility>

#include "gateway/edge/wire.h"

namespace sluice::edge {

// Reads some bytes of a wire: those that came too early, the socket's, or what TLS makes of them.
// Not before the client's pace allows it.
class WireRead {
 public:
  using Error = boost::system::error_code;

  WireRead(Wire& wire, boost::asio::mutable_buffer buffer)
      : wire_(&wire), buffer_(boost::asio::buffer(buffer, Wire::kReadMax)) {}

  template <typename Self>
  void operator()(Self& self, Error error = {}, size_t bytes = 0) {
    switch (state_) {
      case State::kStart:
        return Start(self);
      case State::kDelayed:
        return error ? Finish(self, error) : Read(self);
      case State::kPlain:
        done_ = bytes;
        return Finish(self, error);
      case State::kTls:
        return error ? Finish(self, error) : TryTls(self, true);
      case State::kPosted:
        return Finish(self, error_);
    }
  }

 private:
  enum class State : uint8_t { kStart, kDelayed, kPlain, kTls, kPosted };

  template <typename Self>
  void Start(Self& self) {
    absl::Duration delay = wire_->ReadDelay();
    if (delay <= absl::ZeroDuration()) return Read(self);
    state_ = State::kDelayed;
    wire_->Delay(delay, std::move(self));
  }

  template <typename Self>
  void Read(Self& self) {
    done_ = wire_->TakeUnread(buffer_.data(), buffer_.size());
    if (done_ > 0) return Settle(self, {}, false);
    if (wire_->transport().tls()) return TryTls(self, false);
    state_ = State::kPlain;
    wire_->transport().socket().async_read_some(buffer_, std::move(self));
  }

  template <typename Self>
  void TryTls(Self& self, bool within_handler) {
    Transport& transport = wire_->transport();
    state_ = State::kTls;
    switch (transport.Read(buffer_.data(), buffer_.size(), done_)) {
      case Transport::Io::kDone:
        return Settle(self, {}, within_handler);
      case Transport::Io::kWantRead:
        return transport.socket().async_wait(TcpSocket::wait_read, std::move(self));
      case Transport::Io::kWantWrite:
        return transport.socket().async_wait(TcpSocket::wait_write, std::move(self));
      case Transport::Io::kEnd:
        return Settle(self, boost::asio::error::eof, within_handler);
      case Transport::Io::kFailed:
        return Settle(self, boost::asio::error::connection_reset, within_handler);
    }
  }

  // A handler is never called from within the function that was given it.
  template <typename Self>
  void Settle(Self& self, Error error, bool within_handler) {
    if (within_handler) return Finish(self, error);
    error_ = error;
    state_ = State::kPosted;
    Wire::Executor executor = wire_->executor();
    boost::asio::post(executor, std::move(self));
  }

  template <typename Self>
  void Finish(Self& self, Error error) {
    wire_->Took({static_cast<const char*>(buffer_.data()), done_});
    self.complete(error, done_);
  }

  Wire* wire_;
  boost::asio::mutable_buffer buffer_;
  size_t done_ = 0;
  Error error_;
  State state_ = State::kStart;
};

class OutputStream {
 public:
  using executor_type = Wire::Executor;
  using Error = boost::system::error_code;

  // `own_max`: bytes of Beast's own frames that may wait; what exceeds them fails the connection.
  OutputStream(Wire& wire, size_t own_max) : wire_(&wire), own_max_(own_max) {}

  Wire& wire() { return *wire_; }
  executor_type get_executor() const noexcept { return wire_->executor(); }

  template <typename Buffers>
  size_t write_some(const Buffers& buffers, Error& error) {
    size_t size = 0;
    error = {};
    for (boost::asio::const_buffer part : boost::beast::buffers_range_ref(buffers)) {
      if (!wire_->AppendOwn({static_cast<const char*>(part.data()), part.size()}, own_max_)) {
        error = boost::asio::error::no_buffer_space;
        return 0;
      }
      size += part.size();
    }
    return size;
  }

  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    Error error;
    size_t size = write_some(buffers, error);
    boost::asio::post(get_executor(), boost::beast::bind_front_handler(
                                          std::forward<Handler>(handler), error, size));
  }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    boost::asio::mutable_buffer first;
    for (boost::asio::mutable_buffer part : boost::beast::buffers_range_ref(buffers)) {
      first = part;
      if (first.size() > 0) break;
    }
    boost::asio::async_compose<Handler, void(Error, size_t)>(WireRead(*wire_, first), handler,
                                                             get_executor());
  }

  // Beast writes its 101 with these; it never reads with them.
  template <typename Buffers>
  size_t write_some(const Buffers& buffers) {
    Error error;
    size_t size = write_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return size;
  }
  template <typename Buffers>
  size_t read_some(const Buffers&, Error& error) {
    error = boost::asio::error::operation_not_supported;
    return 0;
  }
  template <typename Buffers>
  size_t read_some(const Buffers&) {
    throw boost::system::system_error(boost::asio::error::operation_not_supported);
  }

  // Beast's last step. Ending the socket is the connection's own business, after the outbox.
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type, OutputStream& stream, Handler&& handler) {
    boost::asio::post(stream.get_executor(),
                      boost::beast::bind_front_handler(std::forward<Handler>(handler), Error()));
  }
  friend void beast_close_socket(OutputStream& stream) { stream.wire_->Close(); }

 private:
  Wire* wire_;
  size_t own_max_;
};

}  // namespace sluice::edge
