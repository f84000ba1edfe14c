// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of the public port (SO_REUSEPORT): the kernel spreads new connections over the
// shards.
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "gateway/edge/address.h"
#include "gateway/edge/probe.h"
#include "gateway/edge/transport.h"

namespace sluice::edge {

class Acceptor {
 public:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  using Accepted = std::function<void(TcpSocket socket, const Endpoint& peer)>;

  Acceptor(boost::asio::io_context& context, EdgeProbe& probe, Accepted accepted);

  // Binds; returns the port, which was chosen if it was 0. The first of those that share a port
  // makes sure that nobody else has it.
  absl::StatusOr<uint16_t> Listen(const HostPort& address, int backlog, bool first);

  // On the shard's thread from here on.
  void Start();
  void Stop();

 private:
  void Accept();
  void OnError(const boost::system::error_code& error);

  boost::asio::io_context& context_;
  EdgeProbe& probe_;
  Accepted accepted_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, TcpSocket::executor_type> acceptor_;
  boost::asio::steady_timer pause_;
  Endpoint peer_;
};

}  // namespace sluice::edge
