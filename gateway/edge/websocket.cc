// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/websocket.h"

#include <algorithm>
#include <array>
#include <boost/beast/websocket/stream.hpp>
#include <cassert>
#include <memory>
#include <string>
#include <utility>

#include "gateway/edge/output_stream.h"
#include "gateway/edge/read_ahead.h"
#include "gateway/edge/request_reader.h"

namespace sluice::edge {
namespace {

namespace http = boost::beast::http;
namespace ws = boost::beast::websocket;
using Error = boost::beast::error_code;

constexpr size_t kIdleBytes = 128;
constexpr size_t kGrowthMin = 4096;

uint16_t ViolationCode(Error error) {
  if (error == ws::error::message_too_big) return ws::close_code::too_big;
  if (error == ws::error::bad_frame_payload) return ws::close_code::bad_payload;
  return error == ws::condition::protocol_violation ? ws::close_code::protocol_error : 0;
}

hub::CloseFrame PeersFrame(const ws::close_reason& reason) {
  if (reason.code == ws::close_code::none) return {ws::close_code::no_status, ""};
  return {reason.code, std::string(reason.reason.data(), reason.reason.size())};
}

// The same upgrade as Beast reads it: it looks at one line of a list header alone, and refuses
// elements with a version.
HttpRequest PlainUpgrade(const HttpRequest& request) {
  HttpRequest plain(http::verb::get, "/", 11);
  plain.set(http::field::host, request[http::field::host]);
  plain.set(http::field::upgrade, "websocket");
  plain.set(http::field::connection, "Upgrade");
  plain.set(http::field::sec_websocket_key, request[http::field::sec_websocket_key]);
  plain.set(http::field::sec_websocket_version, "13");
  return plain;
}

boost::beast::string_view Shorten(const std::string& reason) {
  return {reason.data(), std::min(reason.size(), hub::kCloseReasonMax)};
}

}  // namespace

bool EndsMidCharacter(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    unsigned char c = static_cast<unsigned char>(text[text.size() - back]);
    if (c < 0x80) return false;
    if (c < 0xc0) continue;  // a later byte of a character
    size_t length = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return back < length;
  }
  return false;
}

struct WebSocket::Impl {
  Impl(Wire& wire, WebSocketClient& c, const Limits& l, BufferPool& b)
      : stream(wire, l.pong_bytes), client(c), buffers(b), ahead_bytes(l.ahead_bytes) {
    stream.read_message_max(l.message_bytes);
    stream.control_callback([this](ws::frame_type kind, boost::beast::string_view) {
      if (kind != ws::frame_type::close) client.OnSignOfLife();
    });
  }

  ~Impl() {
    if (message) buffers.Give(std::move(message));
  }

  void GoOn();
  void Resume();
  bool full() const { return ahead.size() >= ahead_bytes; }
  WireOwner& owner() { return stream.next_layer().wire().owner(); }
  EdgeProbe& probe() { return stream.next_layer().wire().probe(); }
  void Read();
  void OnRead(Error error, size_t bytes);
  bool Grow();
  void Deliver(std::string_view message);
  void FailBadText();
  void FailUnfinished();
  void OnReadError(Error error);
  void Close(const ws::close_reason& reason);
  void OnClosed(Error error);
  void CountViolation(uint16_t code);
  void End(const hub::CloseFrame& frame, bool clean);

  ws::stream<OutputStream, false> stream;
  WebSocketClient& client;
  BufferPool& buffers;
  const size_t ahead_bytes;
  ReadAhead ahead;
  size_t filled = 0;
  bool paused = true;    // no message is wanted now
  bool reading = false;  // a read is under way
  bool closing = false;  // Close was called
  bool ended = false;
  std::unique_ptr<BufferPool::Buffer> message;  // null: `idle` is enough
  std::array<char, kIdleBytes> idle;
};

// Reads on, whether messages are wanted now or have to wait.
void WebSocket::Impl::GoOn() {
  if (reading || closing || ended) return;
  if (!full()) return Read();
  probe().read_ahead_full.Add();
  client.OnFull();
}

void WebSocket::Impl::Resume() {
  if (!paused || closing || ended) return;
  paused = false;
  while (!paused && !ahead.empty() && !closing && !ended) {
    ReadAhead::Message message = ahead.Take();
    paused = !client.OnMessage(message.bytes, message.binary);
  }
  GoOn();
}

void WebSocket::Impl::Read() {
  reading = true;
  boost::asio::mutable_buffer into(idle.data(), idle.size());
  if (message) into = {message->bytes.data() + filled, message->bytes.size() - filled};
  stream.async_read_some(
      into, [this, hold = Hold(&owner())](Error error, size_t bytes) { OnRead(error, bytes); });
}

void WebSocket::Impl::OnRead(Error error, size_t bytes) {
  reading = false;
  if (ended) return;
  if (error) return OnReadError(error);
  filled += bytes;
  bool done = stream.is_message_done();
  if (done) {
    // Beast does not look at the end of a text whose last frame is empty.
    bool text = !stream.got_binary();
    std::string_view whole(message ? message->bytes.data() : idle.data(), filled);
    if (text && bytes == 0 && EndsMidCharacter(whole)) {
      return FailBadText();
    }
    return Deliver(whole);
  }
  if (!message) {
    message = buffers.Take();
    message->bytes.assign(idle.data(), filled);
    client.OnBegun();
  }
  client.OnSignOfLife();  // it cannot answer pings in the middle of a frame
  Grow() ? Read() : FailUnfinished();
}

// Makes room for what the frame still has, but never for much more than was really sent. False: the
// shard has no more.
bool WebSocket::Impl::Grow() {
  if (filled < message->bytes.size()) return true;
  size_t expected = stream.read_size_hint(kGrowthMin);
  size_t more = std::min(expected, std::max(filled, kGrowthMin));
  return buffers.Grow(*message, more);
}

void WebSocket::Impl::Deliver(std::string_view whole) {
  if (paused) {
    client.OnSignOfLife();
    ahead.Put({std::string(whole), stream.got_binary()});
  } else {
    paused = !client.OnMessage(whole, stream.got_binary());
  }
  if (message) buffers.Give(std::move(message));
  filled = 0;
  GoOn();
}

// As Beast fails a connection: the close frame goes out, the peer's is not waited for.
void WebSocket::Impl::FailBadText() {
  CountViolation(ws::close_code::bad_payload);
  Close(ws::close_code::bad_payload);
  End({ws::close_code::bad_payload, "bad UTF-8"}, true);
}

void WebSocket::Impl::FailUnfinished() {
  probe().unfinished_full.Add();
  Close(ws::close_code::try_again_later);
  End({ws::close_code::try_again_later, "too much is being read"}, true);
}

void WebSocket::Impl::OnReadError(Error error) {
  if (closing) return;  // OnClosed follows
  if (error == ws::error::closed) return End(PeersFrame(stream.reason()), true);
  uint16_t code = ViolationCode(error);
  if (code == 0) return End({ws::close_code::abnormal, ""}, false);
  CountViolation(code);
  End({code, error.message()}, true);
}

void WebSocket::Impl::CountViolation(uint16_t code) {
  if (code == ws::close_code::too_big) return probe().message_too_big.Add();
  if (code == ws::close_code::bad_payload) return probe().bad_utf8.Add();
  probe().protocol_errors.Add();
}

void WebSocket::Impl::Close(const ws::close_reason& reason) {
  if (closing || ended) return;
  closing = true;
  stream.async_close(reason, [this, hold = Hold(&owner())](Error error) { OnClosed(error); });
}

void WebSocket::Impl::OnClosed(Error error) {
  if (error) return End({ws::close_code::abnormal, ""}, false);
  End(PeersFrame(stream.reason()), true);
}

void WebSocket::Impl::End(const hub::CloseFrame& frame, bool clean) {
  if (ended) return;
  ended = true;
  client.OnEnded(frame, clean);
}

WebSocket::WebSocket(Wire& wire, WebSocketClient& client, const Limits& limits, BufferPool& buffers)
    : impl_(std::make_unique<Impl>(wire, client, limits, buffers)) {}

WebSocket::~WebSocket() = default;

void WebSocket::Accept(const RequestReader& request, std::string_view subprotocol) {
  impl_->stream.set_option(ws::stream_base::decorator([subprotocol](ws::response_type& response) {
    response.set(http::field::server, "sluice");
    if (subprotocol.empty()) return;
    response.set(http::field::sec_websocket_protocol,
                 boost::beast::string_view(subprotocol.data(), subprotocol.size()));
  }));
  Error error;
  impl_->stream.accept(PlainUpgrade(request.request()), error);
  assert(!error);
  impl_->stream.set_option(ws::stream_base::decorator([](ws::response_type&) {}));
}

void WebSocket::Start() { impl_->GoOn(); }

void WebSocket::Resume() { impl_->Resume(); }

bool WebSocket::full() const { return impl_->full(); }

bool WebSocket::unfinished() const { return impl_->message != nullptr; }

void WebSocket::Close(const hub::CloseFrame& frame) {
  impl_->Close({static_cast<ws::close_code>(frame.code), Shorten(frame.reason)});
}

}  // namespace sluice::edge
