// SPDX-License-Identifier: Apache-2.0
#include "control/server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "control/after.h"
#include "control/control_service.h"
#include "control/reflection.h"
#include "control/unreadable.h"

namespace sluice::control {
namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// gRPC ends a rpc for a message that it does not take; so it takes what any of them may have, and
// the services refuse what is too much for theirs.
void Bound(const ControlOptions& options, const Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::max(limits.request_bytes, limits.worker_message_bytes)));
  // TLS and HTTP/2's first frames; what says nothing at all is never gRPC's.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             Milliseconds(options.guests.handshake_timeout));
  if (options.idle_timeout > absl::ZeroDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(options.idle_timeout));
  }
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(options.streams_max));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             Milliseconds(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Without this, an idle connection is pinged twice and then never again.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(options.ping_min));
}

// By name as well: that is how health is asked for one service of several behind a port.
void AnnounceHealth(grpc::Server& server) {
  auto* health = server.GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus(ControlServiceName(), true);
  health->SetServingStatus(v1::Workers::service_full_name(), true);
}

// As gRPC's own listener does.
void Tune(int fd, const ControlOptions& options) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int patience = Milliseconds(options.keepalive_timeout);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

}  // namespace

Server::Server(const ControlOptions& options, const Node& node, ControlProbe& probe)
    : options_(options),
      probe_(probe),
      tokens_(options.token_file),
      tls_(options),
      gate_(tokens_, node.limits.request_bytes, probe, node.caller_reports),
      lending_(node.shared ? std::make_unique<Lending>(node, probe) : nullptr),
      cluster_(node, probe.cluster, lending_.get()),
      control_(MakeControlService(cluster_, gate_, node.limits.cluster_timeout, probe)),
      workers_(node, gate_, lending_ ? &lending_->lender() : nullptr, probe),
      services_({ControlServiceName(), v1::Workers::service_full_name(), "grpc.health.v1.Health",
                 std::string(kReflectionV1), std::string(kReflectionV1Alpha)}),
      reflection_(kReflectionV1, services_, gate_),
      reflection_alpha_(kReflectionV1Alpha, services_, gate_),
      port_(options.listen, options.guests, probe.port) {}

absl::Status Server::Check(const ControlOptions& options) {
  absl::Status status = Validate(options);
  if (status.ok()) status = Tokens(options.token_file).Load();
  return status.ok() ? TlsFiles(options).Load() : status;
}

Server::~Server() { Stop(); }

absl::Status Server::Start() {
  absl::Status status = Validate(options_);
  if (status.ok()) status = Reload();
  if (!status.ok()) return status;
  status = port_.Listen();
  if (!status.ok()) return status;

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  Bound(options_, cluster_.node().limits, builder);
  using Builder = grpc::ServerBuilder::experimental_type;
  doorway_ = builder.experimental().AddExternalConnectionAcceptor(
      Builder::ExternalConnectionType::FROM_FD, tls_.Credentials());
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<UnreadableRequests>(probe_));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  builder.RegisterService(control_.get());
  builder.RegisterService(&workers_);
  builder.RegisterService(&reflection_);
  builder.RegisterService(&reflection_alpha_);
  server_ = builder.BuildAndStart();
  if (!server_) return absl::UnavailableError("control: gRPC cannot start");
  AnnounceHealth(*server_);
  cluster_.Serve();
  port_.Start([this](int fd) {
    Tune(fd, options_);
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = fd;
    doorway_->HandleNewConnection(&connection);
  });
  return absl::OkStatus();
}

absl::Status Server::Reload() {
  absl::Status status = tls_.Load();
  status.Update(tokens_.Load());
  return status;
}

std::string Server::Complaint() const {
  return port_.accepting() ? "" : absl::StrCat(port_.address(), " accepts nobody now");
}

void Server::MeetOthers() {
  if (!lending_) return;
  auto met = std::make_shared<absl::Notification>();
  lending_->Begin([met] { met->Notify(); });
  // A home thread that is stuck keeps nobody from starting.
  met->WaitForNotificationWithTimeout(2 * cluster_.node().limits.cluster_timeout);
}

void Server::Tick(Now now) {
  if (lending_) lending_->Tick(now);
}

void Server::BeginShutdown() {
  SetReady(false);
  absl::MutexLock lock(&health_mutex_);
  leaving_ = true;
}

void Server::SetReady(bool ready) {
  absl::MutexLock lock(&health_mutex_);
  if (leaving_ || !server_) return;
  if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(ready);
}

void Server::Stop() {
  if (!server_) return;
  BeginShutdown();
  gate_.Close();
  port_.Stop();
  workers_.Drain();
  server_->Shutdown(After(options_.stop_timeout));
  server_->Wait();
  server_.reset();
}

}  // namespace sluice::control
