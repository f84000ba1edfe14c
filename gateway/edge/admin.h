// SPDX-License-Identifier: Apache-2.0
//
// The admin port's HTTP server: few pages, few clients, one request a connection.
//
// Internal to the edge: this header includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gateway/edge/admin_pages.h"
#include "gateway/edge/options.h"
#include "metrics/probe.h"

namespace sluice::edge {

struct AdminProbe final : metrics::Source {
  metrics::Counter requests;
  metrics::Counter too_many;   // over --admin-connections-max, or those of one address over theirs
  metrics::Counter too_large;  // requests over --admin-header-bytes
  metrics::Counter too_slow;   // requests over --admin-timeout
  metrics::Counter malformed;
  void Visit(metrics::Visitor& visitor) const override;
};

class AdminServer {
 public:
  // `probe` outlives the context.
  AdminServer(boost::asio::io_context& context, const AdminOptions& options, AdminPages pages,
              AdminProbe& probe);
  ~AdminServer();

  absl::Status Listen();
  const std::string& address() const { return address_; }

  // On the context's thread, or before it runs.
  void Start();
  void Stop();

 private:
  class Session;
  struct Shared;
  void Pause();
  void MakeRoom(const std::string& peer);
  void CutOldest(const std::string& peer);

  std::shared_ptr<Shared> shared_;  // with the sessions that are under way
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::string address_;
};

}  // namespace sluice::edge
