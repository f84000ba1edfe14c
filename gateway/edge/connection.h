// SPDX-License-Identifier: Apache-2.0
//
// One client, from accept to the end: a state machine that its wire, its WebSocket, the hub and the
// shard's deadlines feed.
//
//   kProxy -> kTls -> kHead -> kOpen -> kClosing -> kLinger -> kGone
//                       \________________________/
//
// kProxy waits for the header that a proxy of --proxy-protocol sends ahead of everything. kHead
// waits for the request and ends in a WebSocket or in an HTTP answer; kLinger has nothing more to
// say, but waits a while for the client to read it; each stage may end in kGone, where the
// connection has left its shard and lives on only until its cancelled handlers are back (wire.h).
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/edge/ip.h"
#include "gateway/edge/refusal.h"
#include "gateway/edge/shard_parts.h"
#include "gateway/edge/websocket.h"
#include "gateway/edge/wire.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/timer_wheel.h"
#include "gateway/hub/types.h"
#include "gateway/protocol/routes.h"

namespace sluice::edge {

class Connection final : public WireOwner, public hub::Socket, public WebSocketClient {
 public:
  // What is known of a client when it is accepted.
  struct Visitor {
    uint64_t number = 0;  // names it in the shard's table and among the deadlines
    TcpSocket socket;
    SslPtr ssl;  // null: plain
    Peer peer;
    std::optional<Refusal> refusal;  // it is to be told so, whatever it asks
  };
  Connection(ShardParts& parts, Visitor visitor);
  ~Connection() override;

  void Start();
  void OnDeadline();
  // Ends it now, from whatever stage.
  void Cut();

  uint64_t number() const { return number_; }
  bool admitted() const { return !preset_.has_value(); }

  // hub::Socket
  hub::Outbox& outbox() override { return wire_.outbox(); }
  hub::Flow flow() override { return wire_.flow(); }
  void Agree(std::string_view subprotocol) override;
  void Close(const hub::CloseFrame& frame) override;
  void Resume() override;

 private:
  enum class Stage : uint8_t { kProxy, kTls, kHead, kOpen, kClosing, kLinger, kGone };
  struct Handshake;

  // WireOwner
  void OnBroken() override { Cut(); }
  void OnSent() override;
  const ReadPace::Limits& read_limits() const override;
  // WebSocketClient
  bool OnMessage(std::string_view bytes, bool binary) override;
  void OnBegun() override;
  void OnSignOfLife() override;
  void OnEnded(const hub::CloseFrame& frame, bool clean) override;
  void OnFull() override;

  void ReadProxyHeader();
  // Whether the header goes on.
  bool TakeProxyHeader(std::string_view bytes);
  void Begin();
  void StepTls();
  void ReadHead();
  void OnHead(size_t bytes);
  void Decide();
  // `what` of the request is not accepted; `text` for the client instead of the usual one.
  void Answer(Refusal refusal, std::string what = "", std::string text = "");
  void Report(std::string_view reason, std::string what, std::string_view hint) const;
  void Upgrade(protocol::Route route);
  void AwaitAgreement();
  void OnOpenDeadline();
  hub::Upgrade Facts() const;
  std::string RemoteAddress() const;
  void Linger();
  void Discard();
  void Deadline(absl::Duration timeout);
  bool StillTakes();
  void LookForEnd();
  void TellHub(const hub::CloseFrame& frame);

  ShardParts& parts_;
  const uint64_t number_;
  Stage stage_;
  bool peer_finished_ = false;
  bool all_sent_ = false;
  const std::optional<Refusal> preset_;
  Wire wire_;
  hub::TimerWheel::Id deadline_ = 0;
  uint64_t taken_ = 0;  // kClosing, kLinger: bytes that had arrived when the deadline was set
  Instant begun_;       // kOpen: the message that was begun last and was long
  hub::SessionKey key_;
  std::unique_ptr<Handshake> handshake_;  // until the request is answered, which the hub may delay
  std::optional<WebSocket> websocket_;    // from the upgrade on
};

}  // namespace sluice::edge
