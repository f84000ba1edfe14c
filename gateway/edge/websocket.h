// SPDX-License-Identifier: Apache-2.0
//
// One WebSocket, server side, over a wire: Beast's stream, and the reading of whole messages.
//
// An idle one holds 128 bytes to read into; a message that is longer gets a buffer from the pool
// for as long as it is being read. This header hides Beast; websocket.cc alone instantiates it.
#pragma once

#include <memory>
#include <string_view>

#include "gateway/edge/buffer_pool.h"
#include "gateway/edge/wire.h"
#include "gateway/hub/close.h"

namespace sluice::edge {

class RequestReader;

// What a WebSocket tells its connection. Never from within a call of the WebSocket's but Resume.
class WebSocketClient {
 public:
  virtual ~WebSocketClient() = default;
  // One whole message, of valid UTF-8 if it is text. False: no more until Resume.
  virtual bool OnMessage(std::string_view bytes, bool binary) = 0;
  // A message has begun that one read did not take whole.
  virtual void OnBegun() = 0;
  // A control frame, or a part of a message.
  virtual void OnSignOfLife() = 0;
  // Nothing follows. `clean`: the close frames were exchanged, or ours is on its way because of
  // what the peer sent; otherwise it vanished. `frame`: RFC 6455 7.1.5.
  virtual void OnEnded(const hub::CloseFrame& frame, bool clean) = 0;
  // Too much was read ahead: until Resume nothing more is read, so that only the socket can tell of
  // an end.
  virtual void OnFull() = 0;
};

class WebSocket {
 public:
  struct Limits {
    size_t message_bytes;
    size_t pong_bytes;
    size_t ahead_bytes;  // messages that wait for Resume
  };

  // `client` is, or belongs to, the wire's owner.
  WebSocket(Wire& wire, WebSocketClient& client, const Limits& limits, BufferPool& buffers);
  ~WebSocket();

  // Answers 101 to a whole request that was checked. `subprotocol` is echoed, if it is not empty.
  void Accept(const RequestReader& request, std::string_view subprotocol);

  // Begins reading; messages wait for Resume.
  void Start();

  // Gives messages out, or goes on after OnMessage returned false.
  void Resume();

  // Whether OnFull was said and holds.
  bool full() const;

  // Whether the message of the last OnBegun has not ended.
  bool unfinished() const;

  // Sends a close frame and waits for the peer's, as long as it takes; then OnEnded.
  void Close(const hub::CloseFrame& frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether UTF-8, valid so far, stops in the middle of a character.
bool EndsMidCharacter(std::string_view text);

}  // namespace sluice::edge
