// SPDX-License-Identifier: Apache-2.0
//
// A client's socket, plain or TLS behind the same few functions, none of which blocks. OpenSSL
// works on the socket itself instead of through Asio's ssl::stream, whose two 17 KiB buffers a
// connection would be most of its memory, and whose pending operations would have to outlive it.
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <utility>

#include "gateway/edge/tls.h"
#include "gateway/hub/outbox.h"

namespace sluice::edge {

using TcpSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Transport {
 public:
  enum class Io : uint8_t {
    kDone,
    kWantRead,   // again when the socket is readable
    kWantWrite,  // again when it is writable
    kEnd,        // the peer will send no more
    kFailed,
  };

  // The socket must be non-blocking already.
  Transport(TcpSocket socket, SslPtr ssl) : socket_(std::move(socket)), ssl_(std::move(ssl)) {}

  bool tls() const { return ssl_ != nullptr; }
  TcpSocket& socket() { return socket_; }

  // Ahead of TLS: what is there, without taking it; and taking `size` bytes of what was seen.
  Io Peek(void* data, size_t size, size_t& done);
  bool Take(void* data, size_t size);

  // With TLS only.
  Io Handshake();
  // What is there. A plain socket is otherwise read through Asio, which saves a system call.
  Io Read(void* data, size_t size, size_t& done);

  Io Write(const hub::Outbox::Pieces& pieces, size_t& done);

  // Whether the peer has said that it sends no more, or is gone; whatever is unread.
  bool PeerLeft();

  // Says that no more will be written, once everything has been.
  void ShutdownSend();
  void Close();

 private:
  Io Receive(void* data, size_t size, int flags, size_t& done);
  Io WriteTls(const hub::Outbox::Pieces& pieces, size_t& done);
  Io Judge(int result);

  TcpSocket socket_;
  SslPtr ssl_;
};

}  // namespace sluice::edge
