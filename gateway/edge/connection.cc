// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>
#include <vector>

#include "gateway/edge/forwarded.h"
#include "gateway/edge/output_stream.h"
#include "gateway/edge/proxy_header.h"
#include "gateway/edge/request_reader.h"
#include "gateway/hub/liveness.h"
#include "text/traceparent.h"

namespace sluice::edge {
namespace {

using Error = boost::system::error_code;

constexpr size_t kHeadChunk = 2048;
constexpr uint16_t kPolicyCode = 1008;  // RFC 6455 7.4.1
// How often to look whether a client that is not read has left.
constexpr absl::Duration kLookForEnd = absl::Milliseconds(200);

RequestReader::Limits HeadLimits(const EdgeOptions& options) {
  return {options.header_bytes, options.header_count, options.target_bytes};
}

std::vector<std::string_view> OfferedBy(const HttpRequest& request) {
  std::vector<std::string_view> offered = SubprotocolsOf(request);
  std::erase_if(offered, [](auto name) { return name.size() > hub::kSubprotocolBytesMax; });
  return offered;
}

}  // namespace

// What is needed until the request is answered, and given back then.
struct Connection::Handshake {
  Handshake(const EdgeOptions& options, Visitor& visitor, Now now)
      : reader(HeadLimits(options)),
        proxy_header(options.header_bytes),
        peer(visitor.peer),
        since(now) {}
  RequestReader reader;
  ProxyHeader proxy_header;
  Peer peer;  // who connected, or for whom a PROXY header speaks
  Instant since;
  std::array<char, kHeadChunk> chunk;
  std::string early;  // what came behind the request before it was answered
};

Connection::Connection(ShardParts& parts, Visitor visitor)
    : parts_(parts),
      number_(visitor.number),
      stage_(parts.common.proxy_protocol.Contain(visitor.peer.ip) ? Stage::kProxy : Stage::kHead),
      preset_(visitor.refusal),
      wire_(Transport(std::move(visitor.socket), std::move(visitor.ssl)), parts.hub->dirty(), *this,
            parts.probe),
      handshake_(std::make_unique<Handshake>(parts.common.options, visitor, parts.loop.Now())) {}

Connection::~Connection() = default;

void Connection::Start() {
  assert(parts_.thread.IsCurrent());
  parts_.probe.open_sockets.Add(1);
  Deadline(parts_.common.options.handshake_timeout);
  stage_ == Stage::kProxy ? ReadProxyHeader() : Begin();
}

void Connection::Begin() {
  stage_ = wire_.transport().tls() ? Stage::kTls : Stage::kHead;
  stage_ == Stage::kTls ? StepTls() : ReadHead();
}

void Connection::Deadline(absl::Duration timeout) {
  parts_.deadlines.Cancel(deadline_);
  deadline_ = parts_.deadlines.Schedule(parts_.loop.Now() + timeout, number_);
}

void Connection::OnDeadline() {
  assert(parts_.thread.IsCurrent());
  deadline_ = 0;
  switch (stage_) {
    case Stage::kProxy:
    case Stage::kTls:
      parts_.probe.refused[static_cast<int>(Refusal::kTimeout)].Add();
      Report(LabelOf(Refusal::kTimeout), "", HintOf(Refusal::kTimeout));
      return Cut();
    case Stage::kHead:
      return Answer(Refusal::kTimeout);
    case Stage::kClosing:
    case Stage::kLinger:
      if (StillTakes()) return Deadline(parts_.common.options.close_timeout);
      parts_.probe.close_timeouts.Add();
      return Cut();
    case Stage::kOpen:
      return OnOpenDeadline();
    case Stage::kGone:
      return;
  }
}

// Whoever still takes what was said before the end gets all of it.
bool Connection::StillTakes() {
  hub::Flow flow = wire_.flow();
  uint64_t taken = flow.arrived - std::min(flow.arrived, std::exchange(taken_, flow.arrived));
  const EdgeOptions& options = parts_.common.options;
  return flow.arrived < flow.put &&
         hub::FlowsEnough(taken, options.alive_bytes_per_second, options.close_timeout);
}

// --- before the upgrade
// ---------------------------------------------------------------------------

void Connection::ReadProxyHeader() {
  Transport& transport = wire_.transport();
  for (size_t there = 0;;) {
    switch (transport.Peek(handshake_->chunk.data(), handshake_->chunk.size(), there)) {
      case Transport::Io::kDone:
        if (!TakeProxyHeader({handshake_->chunk.data(), there})) return;
        break;
      case Transport::Io::kWantRead:
        return transport.socket().async_wait(TcpSocket::wait_read,
                                             [this, hold = Hold(this)](Error error) {
                                               if (stage_ != Stage::kProxy) return;
                                               error ? Cut() : ReadProxyHeader();
                                             });
      default:
        parts_.probe.abandoned.Add();
        return Cut();
    }
  }
}

bool Connection::TakeProxyHeader(std::string_view bytes) {
  size_t used = 0;
  ProxyHeader::State state = handshake_->proxy_header.Put(bytes, used);
  if (used > 0 && !wire_.transport().Take(handshake_->chunk.data(), used)) {
    parts_.probe.abandoned.Add();
    return Cut(), false;
  }
  parts_.probe.bytes_in.Add(used);
  if (state == ProxyHeader::State::kMore) return true;
  if (state == ProxyHeader::State::kBroken) {
    return Answer(Refusal::kProxyHeader), false;
  }
  handshake_->peer = handshake_->proxy_header.client().value_or(handshake_->peer);
  return Begin(), false;
}

void Connection::StepTls() {
  auto again = [this, hold = Hold(this)](Error error) {
    if (stage_ != Stage::kTls) return;
    error ? Cut() : StepTls();
  };
  switch (wire_.transport().Handshake()) {
    case Transport::Io::kDone:
      stage_ = Stage::kHead;
      return ReadHead();
    case Transport::Io::kWantRead:
      return wire_.transport().socket().async_wait(TcpSocket::wait_read, std::move(again));
    case Transport::Io::kWantWrite:
      return wire_.transport().socket().async_wait(TcpSocket::wait_write, std::move(again));
    default:
      parts_.probe.tls_failures.Add();
      return Cut();
  }
}

void Connection::ReadHead() {
  OutputStream(wire_, 0).async_read_some(boost::asio::buffer(handshake_->chunk),
                                         [this, hold = Hold(this)](Error error, size_t bytes) {
                                           if (stage_ != Stage::kHead) return;
                                           if (error) {
                                             parts_.probe.abandoned.Add();
                                             return Cut();
                                           }
                                           OnHead(bytes);
                                         });
}

void Connection::OnHead(size_t bytes) {
  RequestReader& reader = handshake_->reader;
  switch (reader.Put({handshake_->chunk.data(), bytes})) {
    case RequestReader::State::kMore:
      return ReadHead();
    case RequestReader::State::kRefused:
      return Answer(preset_.value_or(reader.refusal()));
    case RequestReader::State::kWhole:
      return preset_ ? Answer(*preset_) : Decide();
  }
}

void Connection::Decide() {
  const HttpRequest& request = handshake_->reader.request();
  std::string_view target(request.target().data(), request.target().size());
  auto found = parts_.common.routes.Find(target, OfferedBy(request));
  if (auto* refused = std::get_if<protocol::RouteRefusal>(&found)) {
    return Answer(refused->status == 404 ? Refusal::kNoRoute : Refusal::kMalformed, refused->reason,
                  refused->reason);
  }
  if (std::optional<Refusal> flaw = CheckUpgrade(request)) {
    bool version = *flaw == Refusal::kVersion;
    return Answer(*flaw, version ? HeaderOf(request, "sec-websocket-version").value_or("") : "");
  }
  std::string host = HeaderOf(request, "host").value_or("");
  std::optional<std::string> origin = HeaderOf(request, "origin");
  if (!parts_.common.origins.Allows(origin, host)) {
    return Answer(Refusal::kOrigin, origin.value_or("none"));
  }
  protocol::Route& route = std::get<protocol::Route>(found);
  if (parts_.common.limiter.closed() || parts_.hub->Refuses(route.space)) {
    return Answer(Refusal::kDraining);
  }
  Upgrade(std::move(route));
}

void Connection::Report(std::string_view reason, std::string what, std::string_view hint) const {
  if (parts_.common.reports == nullptr) return;
  const auto target = handshake_->reader.request().target();
  const std::string trace = TraceparentOf(handshake_->reader.request());
  parts_.common.reports->Refused({.reason = reason,
                                  .client = RemoteAddress(),
                                  .target = {target.data(), target.size()},
                                  .what = std::move(what),
                                  .hint = hint,
                                  .trace = text::TraceIdOf(trace)});
}

void Connection::Answer(Refusal refusal, std::string what, std::string text) {
  parts_.probe.refused[static_cast<int>(refusal)].Add();
  Report(LabelOf(refusal), std::move(what), HintOf(refusal));
  // Whoever has asked nothing expects no answer, and who is about to speak TLS can't read one.
  bool readable = stage_ == Stage::kProxy ? !wire_.transport().tls() : handshake_->reader.started();
  if (!readable) return Cut();
  RefusalDetail detail;
  detail.head = handshake_->reader.head_method();
  detail.retry_after = parts_.common.options.retry_after;
  detail.text = std::move(text);
  wire_.outbox().AppendControl(RenderRefusal(refusal, detail));
  Linger();
}

std::string Connection::RemoteAddress() const {
  const CommonParts& common = parts_.common;
  const ForwardedHeader kind = common.options.forwarded_header;
  auto value = HeaderOf(handshake_->reader.request(), NameOf(kind));
  if (!value) return FormatPeer(handshake_->peer);
  return FormatPeer(ClientBehind(handshake_->peer, *value, kind, common.trusted));
}

hub::Upgrade Connection::Facts() const {
  const HttpRequest& request = handshake_->reader.request();
  hub::Upgrade facts;
  facts.target.assign(request.target().data(), request.target().size());
  facts.remote_address = RemoteAddress();
  facts.headers = KeepHeaders(request, parts_.common.options.context_headers);
  if (std::string trace = TraceparentOf(request);
      !trace.empty() && hub::TraceparentOf(facts).empty()) {
    facts.headers.emplace_back(text::kTraceparentHeader, std::move(trace));
  }
  std::vector<std::string_view> offered = OfferedBy(request);
  if (!offered.empty()) {
    facts.subprotocols = std::make_unique<hub::Subprotocols>();
    facts.subprotocols->offered.assign(offered.begin(), offered.end());
  }
  return facts;
}

void Connection::Upgrade(protocol::Route route) {
  const EdgeOptions& options = parts_.common.options;
  websocket_.emplace(
      wire_, *this,
      WebSocket::Limits{options.message_bytes, options.pong_bytes, options.read_ahead_bytes},
      parts_.buffers);
  hub::Arrival arrival{std::move(route.space), std::move(route.id), route.dialect, Facts()};
  if (hub::Subprotocols* subprotocols = arrival.upgrade.subprotocols.get()) {
    subprotocols->agreed = std::move(route.subprotocol);
    subprotocols->settled = route.settled;
  }
  parts_.deadlines.Cancel(std::exchange(deadline_, 0));
  stage_ = Stage::kOpen;
  key_ = parts_.hub->Open(std::move(arrival), *this, parts_.loop.Now());
  if (stage_ != Stage::kOpen) return;
  if (handshake_) return AwaitAgreement();
  parts_.hub->Reading(key_) ? websocket_->Resume() : websocket_->Start();
}

void Connection::Agree(std::string_view subprotocol) {
  assert(parts_.thread.IsCurrent());
  std::optional<std::string> offer =
      HeaderOf(handshake_->reader.request(), "sec-websocket-protocol");
  if (subprotocol.empty() && offer) {
    parts_.probe.subprotocols_unknown.Add();
    Report("subprotocol", *std::move(offer), "--routes names those that a route accepts");
  }
  websocket_->Accept(handshake_->reader, subprotocol);
  wire_.BeginFrames();
  wire_.Unread(handshake_->reader.rest() + handshake_->early);
  parts_.probe.upgraded.Add();
  parts_.probe.handshake_seconds.Observe(
      absl::ToDoubleSeconds(parts_.loop.Now() - handshake_->since));
  handshake_.reset();
  if (key_) websocket_->Start();  // else Upgrade goes on
}

// Somebody is asked about the subprotocol. Reads ahead meanwhile, so that a client that leaves is
// noticed; what it has said waits for the WebSocket.
void Connection::AwaitAgreement() {
  Handshake& handshake = *handshake_;
  const size_t most = parts_.common.options.read_ahead_bytes;
  Transport& transport = wire_.transport();
  while (handshake.early.size() < most) {
    size_t room = std::min(handshake.chunk.size(), most - handshake.early.size());
    size_t there = 0;
    Transport::Io io = transport.Read(handshake.chunk.data(), room, there);
    if (io == Transport::Io::kEnd || io == Transport::Io::kFailed) return Cut();
    if (io != Transport::Io::kDone) {
      auto what = io == Transport::Io::kWantRead ? TcpSocket::wait_read : TcpSocket::wait_write;
      return transport.socket().async_wait(what, [this, hold = Hold(this)](Error error) {
        if (!handshake_ || stage_ != Stage::kOpen) return;
        error ? Cut() : AwaitAgreement();
      });
    }
    handshake.early.append(handshake.chunk.data(), there);
  }
  parts_.probe.read_ahead_full.Add();
  OnFull();
}

// --- open
// -----------------------------------------------------------------------------------------

bool Connection::OnMessage(std::string_view bytes, bool binary) {
  if (stage_ != Stage::kOpen) return true;
  return parts_.hub->Receive(key_, bytes, binary, parts_.loop.Now());
}

void Connection::OnSignOfLife() {
  if (stage_ == Stage::kOpen) parts_.hub->Alive(key_, parts_.loop.Now());
}

// One deadline serves all messages: when it is over, it looks at the one that is being read.
void Connection::OnBegun() {
  begun_ = parts_.loop.Now();
  if (stage_ == Stage::kOpen && deadline_ == 0) Deadline(parts_.common.options.message_timeout);
}

void Connection::OnOpenDeadline() {
  if (!websocket_->unfinished()) return LookForEnd();
  const absl::Duration left =
      begun_ + parts_.common.options.message_timeout - parts_.loop.Now().steady;
  if (left > absl::ZeroDuration()) return Deadline(left);
  parts_.probe.message_timeouts.Add();
  const hub::CloseFrame frame{kPolicyCode, "a message took too long"};
  TellHub(frame);
  Close(frame);
}

// Nothing is read, so that only the socket can tell whether the client is still there.
void Connection::OnFull() { Deadline(kLookForEnd); }

void Connection::LookForEnd() {
  if (!handshake_ && !websocket_->full()) return;
  wire_.transport().PeerLeft() ? Cut() : Deadline(kLookForEnd);
}

void Connection::Close(const hub::CloseFrame& frame) {
  assert(parts_.thread.IsCurrent());
  if (stage_ != Stage::kOpen) return;
  stage_ = Stage::kClosing;
  taken_ = wire_.flow().arrived;
  Deadline(parts_.common.options.close_timeout);
  websocket_->Close(frame);
}

void Connection::Resume() {
  assert(parts_.thread.IsCurrent());
  boost::asio::post(wire_.executor(), [this, hold = Hold(this)] {
    if (stage_ == Stage::kOpen) websocket_->Resume();
  });
}

// --- the end
// --------------------------------------------------------------------------------------

void Connection::OnEnded(const hub::CloseFrame& frame, bool clean) {
  if (stage_ == Stage::kGone) return;
  TellHub(frame);
  clean ? Linger() : Cut();
}

void Connection::TellHub(const hub::CloseFrame& frame) {
  if (key_) parts_.hub->Closed(std::exchange(key_, {}), frame, parts_.loop.Now());
}

// Closing a socket that holds unread bytes resets it, and the client might lose what we said last.
void Connection::Linger() {
  stage_ = Stage::kLinger;
  Deadline(parts_.common.options.close_timeout);
  wire_.FinishSending();
  Discard();
}

void Connection::Discard() {
  static thread_local std::array<char, 4096> nowhere;
  wire_.transport().socket().async_read_some(boost::asio::buffer(nowhere),
                                             [this, hold = Hold(this)](Error error, size_t) {
                                               if (stage_ != Stage::kLinger) return;
                                               if (!error) return Discard();
                                               peer_finished_ = true;
                                               if (all_sent_ || error != boost::asio::error::eof)
                                                 Cut();
                                             });
}

const ReadPace::Limits& Connection::read_limits() const { return parts_.common.options.pace; }

void Connection::OnSent() {
  all_sent_ = true;
  if (stage_ == Stage::kLinger && peer_finished_) Cut();
}

void Connection::Cut() {
  assert(parts_.thread.IsCurrent());
  if (stage_ == Stage::kGone) return;
  Hold self(this);
  stage_ = Stage::kGone;
  parts_.deadlines.Cancel(std::exchange(deadline_, 0));
  wire_.Close();
  TellHub({1006, ""});
  parts_.probe.open_sockets.Add(-1);
  admitted() ? parts_.common.limiter.Leave() : static_cast<void>(--parts_.refusing);
  parts_.connections.erase(number_);
}

}  // namespace sluice::edge
