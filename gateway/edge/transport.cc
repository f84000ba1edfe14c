// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::edge {
namespace {

constexpr size_t kVectorMax = 64;
constexpr size_t kRecordMax = 16 << 10;  // the most that one TLS record carries
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

bool IsWait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// Copies the front of `pieces` together, so that they share one record.
size_t Gather(const hub::Outbox::Pieces& pieces, char* out, size_t max) {
  size_t size = 0;
  for (std::string_view piece : pieces) {
    size_t part = std::min(piece.size(), max - size);
    std::memcpy(out + size, piece.data(), part);
    size += part;
    if (size == max) break;
  }
  return size;
}

// Almost every write of a quiet connection; the kernel need not fetch a vector for it.
ssize_t SendOne(int socket, std::string_view piece) {
  return ::send(socket, piece.data(), piece.size(), kSendFlags);
}

ssize_t SendMany(int socket, const hub::Outbox::Pieces& pieces) {
  std::array<iovec, kVectorMax> vector;
  size_t count = std::min(pieces.size(), vector.size());
  for (size_t i = 0; i < count; ++i) {
    vector[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  }
  msghdr message = {};
  message.msg_iov = vector.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, kSendFlags);
}

}  // namespace

Transport::Io Transport::Judge(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Io::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return Io::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Io::kEnd;
    default:
      return Io::kFailed;
  }
}

Transport::Io Transport::Peek(void* data, size_t size, size_t& done) {
  return Receive(data, size, MSG_PEEK, done);
}

Transport::Io Transport::Receive(void* data, size_t size, int flags, size_t& done) {
  done = 0;
  ssize_t there = ::recv(socket_.native_handle(), data, size, flags | MSG_DONTWAIT);
  if (there < 0) return IsWait(errno) ? Io::kWantRead : Io::kFailed;
  if (there == 0) return Io::kEnd;
  done = static_cast<size_t>(there);
  return Io::kDone;
}

bool Transport::Take(void* data, size_t size) {
  return ::recv(socket_.native_handle(), data, size, MSG_DONTWAIT) == static_cast<ssize_t>(size);
}

Transport::Io Transport::Handshake() {
  ERR_clear_error();
  int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Io::kDone : Judge(result);
}

Transport::Io Transport::Read(void* data, size_t size, size_t& done) {
  if (!ssl_) return Receive(data, size, 0, done);
  done = 0;
  ERR_clear_error();
  int result = SSL_read_ex(ssl_.get(), data, size, &done);
  return result == 1 ? Io::kDone : Judge(result);
}

Transport::Io Transport::WriteTls(const hub::Outbox::Pieces& pieces, size_t& done) {
  // Shared by a thread's connections: OpenSSL copies what it takes. If it takes nothing it must be
  // offered the same bytes again, and is, because an outbox only grows at its end.
  static thread_local std::array<char, kRecordMax> record;
  size_t size = Gather(pieces, record.data(), record.size());
  ERR_clear_error();
  int result = SSL_write_ex(ssl_.get(), record.data(), size, &done);
  return result == 1 ? Io::kDone : Judge(result);
}

Transport::Io Transport::Write(const hub::Outbox::Pieces& pieces, size_t& done) {
  done = 0;
  if (ssl_) return WriteTls(pieces, done);
  ssize_t sent = pieces.size() == 1 ? SendOne(socket_.native_handle(), pieces.front())
                                    : SendMany(socket_.native_handle(), pieces);
  if (sent < 0) return IsWait(errno) ? Io::kWantWrite : Io::kFailed;
  done = static_cast<size_t>(sent);
  return Io::kDone;
}

bool Transport::PeerLeft() {
  pollfd query = {socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&query, 1, 0) > 0;
}

void Transport::ShutdownSend() {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  boost::system::error_code ignored;
  socket_.shutdown(TcpSocket::shutdown_send, ignored);
}

void Transport::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace sluice::edge
