// SPDX-License-Identifier: Apache-2.0
//
// The admin port's HTTP server: few pages, few clients, one request a connection.
//
// Internal to the room: this header includes Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gateway/admin/options.h"
#include "gateway/admin/page.h"
#include "gateway/admin/probe.h"
#include "storage/executor.h"

namespace sluice::admin {

class Server {
 public:
  // `executor` is the context's thread and outlives this; `probe` outlives the context.
  Server(boost::asio::io_context& context, storage::Executor& executor, const Options& options,
         Pages pages, Probe& probe);
  ~Server();

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

}  // namespace sluice::admin
