// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/acceptor.h"

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <utility>

namespace sluice::edge {
namespace {

using Error = boost::system::error_code;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// What accept() fails with (no descriptors, no memory) does not pass by trying again at once.
constexpr auto kPause = std::chrono::milliseconds(100);

absl::Status Failed(const char* what, const HostPort& address, const Error& error) {
  return absl::UnavailableError(std::string("cannot ") + what + " " +
                                FormatHostPort(address.host, address.port) + ": " +
                                error.message());
}

}  // namespace

Acceptor::Acceptor(boost::asio::io_context& context, EdgeProbe& probe, Accepted accepted)
    : context_(context),
      probe_(probe),
      accepted_(std::move(accepted)),
      acceptor_(context.get_executor()),
      pause_(context) {}

absl::StatusOr<uint16_t> Acceptor::Listen(const HostPort& address, int backlog, bool first) {
  Error error;
  auto host = boost::asio::ip::make_address(address.host, error);
  Endpoint endpoint(host, address.port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
  // The first becomes shareable only once it has the port: so another gateway's is not shared.
  if (!error && !first) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error && first) acceptor_.set_option(ReusePort(true), error);
  if (error) return Failed("bind", address, error);
  acceptor_.listen(backlog, error);
  if (error) return Failed("listen on", address, error);
  return acceptor_.local_endpoint().port();
}

void Acceptor::Start() { Accept(); }

void Acceptor::Stop() {
  Error ignored;
  pause_.cancel();
  acceptor_.close(ignored);
}

void Acceptor::Accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(context_, peer_, [this](const Error& error, auto socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) return OnError(error);
    Error ignored;
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket.native_non_blocking(true, ignored);
    accepted_(std::move(socket), peer_);
    Accept();
  });
}

void Acceptor::OnError(const Error& error) {
  probe_.accept_errors.Add();
  // The client gave up before it was accepted: the next one may be fine.
  if (error == boost::asio::error::connection_aborted) return Accept();
  probe_.accept_pauses.Add();
  pause_.expires_after(kPause);
  pause_.async_wait([this](const Error& cancelled) {
    if (!cancelled) Accept();
  });
}

}  // namespace sluice::edge
