// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/shard_thread.h"

#include <optional>
#include <string>
#include <utility>

#include "gateway/edge/acceptor.h"
#include "gateway/edge/connection.h"
#include "gateway/edge/ip.h"
#include "gateway/edge/shard_parts.h"

namespace sluice::edge {

namespace {

Peer PeerOf(const Acceptor::Endpoint& endpoint) {
  const auto address = endpoint.address();
  Ip ip = address.is_v4() ? Ip::V4(address.to_v4().to_bytes()) : Ip::V6(address.to_v6().to_bytes());
  return {ip, endpoint.port()};
}

}  // namespace

struct ShardThread::Impl final : runtime::LoopClient {
  Impl(uint32_t i, CommonParts& common)
      : index(i),
        parts(common, loop),
        acceptor(std::make_unique<Acceptor>(
            loop.context(), parts.probe, [this](TcpSocket socket, const Acceptor::Endpoint& peer) {
              OnAccepted(std::move(socket), peer);
            })) {}

  void OnClock(Now now) override { parts.hub->dirty().set_now(now); }
  void OnTick(Now now) override;
  void OnTurn() override;
  void OnStop(Now now) override;

  void OnAccepted(TcpSocket socket, const Acceptor::Endpoint& peer);
  bool Admit(Connection::Visitor& visitor);
  void CutAll();

  const uint32_t index;
  runtime::Loop loop;
  ShardParts parts;
  std::unique_ptr<Acceptor> acceptor;
  uint64_t next_number = 1;
};

void ShardThread::Impl::OnTick(Now now) {
  parts.hub->Tick(now);
  parts.deadlines.Advance(now, [this](uint64_t number) {
    auto it = parts.connections.find(number);
    if (it == parts.connections.end()) return;
    boost::intrusive_ptr<Connection> connection = it->second;
    connection->OnDeadline();
  });
}

void ShardThread::Impl::OnTurn() {
  hub::DirtyList& dirty = parts.hub->dirty();
  if (!dirty.empty()) dirty.FlushAll(loop.ReadClock());
  parts.hub->EndTurn();
}

void ShardThread::Impl::OnStop(Now) {
  acceptor->Stop();
  OnTurn();  // what was said last still goes out, as far as the sockets take it
  CutAll();
}

void ShardThread::Impl::CutAll() {
  while (!parts.connections.empty()) {
    boost::intrusive_ptr<Connection> connection = parts.connections.begin()->second;
    connection->Cut();
  }
}

// Decides whether a client comes in, is told why not, or is cut at once. Descriptors get the lowest
// number that is free: a high one says that there are no more for clients. Half of the reserve may
// be used to tell them so.
bool ShardThread::Impl::Admit(Connection::Visitor& visitor) {
  const EdgeOptions& options = parts.common.options;
  const int over = visitor.socket.native_handle() - options.descriptors_end;
  visitor.refusal =
      over >= 0 ? std::optional(Refusal::kDescriptors) : parts.common.limiter.Enter(loop.Now());
  if (!visitor.refusal) return true;
  const bool cut = over >= 0 && static_cast<size_t>(over) >= options.descriptors_reserve / 2;
  if (cut || parts.refusing >= options.refusals_max) {
    parts.probe.refused[static_cast<int>(*visitor.refusal)].Add();
    parts.probe.refusals_cut.Add();
    return false;
  }
  ++parts.refusing;
  return true;
}

void ShardThread::Impl::OnAccepted(TcpSocket socket, const Acceptor::Endpoint& peer) {
  Connection::Visitor visitor{next_number++, std::move(socket), nullptr, PeerOf(peer),
                              std::nullopt};
  if (TlsStore* tls = parts.common.tls.get()) {
    visitor.ssl = tls->NewServer(visitor.socket.native_handle());
    if (!visitor.ssl) return parts.probe.tls_failures.Add();
  }
  if (!Admit(visitor)) return;
  boost::intrusive_ptr<Connection> connection(new Connection(parts, std::move(visitor)));
  parts.connections.emplace(connection->number(), connection);
  connection->Start();
}

ShardThread::ShardThread(uint32_t index, CommonParts& common)
    : impl_(std::make_unique<Impl>(index, common)) {}

ShardThread::~ShardThread() { Stop(); }

void ShardThread::Post(Task task) { impl_->loop.Post(std::move(task)); }

const EdgeProbe& ShardThread::probe() const { return impl_->parts.probe; }

const runtime::LoopProbe& ShardThread::loop() const { return impl_->loop.probe(); }

absl::StatusOr<uint16_t> ShardThread::Listen(const HostPort& address) {
  return impl_->acceptor->Listen(address, impl_->parts.common.options.backlog, impl_->index == 0);
}

void ShardThread::Start(hub::Shard& shard) {
  impl_->parts.hub = &shard;
  impl_->loop.Post([impl = impl_.get()](Now) { impl->acceptor->Start(); });
  impl_->loop.Start(*impl_, "shard-" + std::to_string(impl_->index));
}

void ShardThread::Stop() {
  impl_->loop.StopThread();
  impl_->acceptor.reset();
  impl_->loop.Stop();
}

}  // namespace sluice::edge
