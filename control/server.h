// SPDX-License-Identifier: Apache-2.0
//
// The control plane's port: both services, health, reflection, credentials.
//
// Stopping has two phases, so that backends find their way to another node: BeginShutdown tells
// whoever asks for health, DrainWorkers ends the workers' streams, Stop ends everything.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control/cluster.h"
#include "control/gate.h"
#include "control/lending.h"
#include "control/node.h"
#include "control/options.h"
#include "control/port.h"
#include "control/probe.h"
#include "control/reflection_service.h"
#include "control/tls_files.h"
#include "control/tokens.h"
#include "control/workers_service.h"

namespace sluice::control {

class Server {
 public:
  // `node`, what it refers to, and `probe` outlive the server.
  Server(const ControlOptions& options, const Node& node, ControlProbe& probe);
  ~Server();  // Stop
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Whether Start would take these options and the files that they name. Errors name the option.
  static absl::Status Check(const ControlOptions& options);

  // Reads the credentials, begins to answer other nodes, listens. Errors name the option.
  absl::Status Start();

  // "127.0.0.1:50051": where it listens, the port that was bound included.
  const std::string& address() const { return port_.address(); }

  // What keeps the port from accepting; empty: nothing. Any thread.
  std::string Complaint() const;

  // Reads the token file and the TLS files again; those that are wrong stay as they were read last.
  // Open connections keep theirs. Any thread.
  absl::Status Reload();

  // Health is NOT_SERVING from now on; everything still works.
  void BeginShutdown();

  // Health is SERVING or NOT_SERVING, as long as no shutdown has begun. Any thread.
  void SetReady(bool ready);

  // New rpcs are refused as long as this holds. Any thread.
  void SetOverloaded(bool overloaded) { gate_.SetOverloaded(overloaded); }

  // Once the node can reach others: asks them what their workers offer, and waits for that at most
  // --cluster-timeout. Any thread but home.
  void MeetOthers();
  // Home thread, every few ms.
  void Tick(Now now);

  // Ends the workers' streams with UNAVAILABLE DRAINING.
  void DrainWorkers() { workers_.Drain(); }

  // Refuses new rpcs, waits for those under way, cuts them at `stop_timeout`, returns when none is
  // left.
  void Stop();

 private:
  const ControlOptions options_;
  ControlProbe& probe_;
  Tokens tokens_;
  TlsFiles tls_;
  Gate gate_;
  const std::unique_ptr<Lending> lending_;  // null: the node is alone
  Cluster cluster_;
  const std::unique_ptr<grpc::Service> control_;
  WorkersService workers_;
  const std::vector<std::string> services_;  // full names, for reflection
  ReflectionService reflection_;
  ReflectionService reflection_alpha_;
  Port port_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> doorway_;  // into gRPC
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex health_mutex_;
  bool leaving_ ABSL_GUARDED_BY(health_mutex_) = false;
};

}  // namespace sluice::control
