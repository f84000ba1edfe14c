// SPDX-License-Identifier: Apache-2.0
//
// The control port's certificate, its key, and the authorities of its callers: checked before they
// are used, and exchanged while the port serves. gRPC asks for them at each handshake
// (grpc_ssl_server_certificate_config_callback), so connections that are open keep what they had.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "control/options.h"

namespace sluice::control {

// Thread-safe.
class TlsFiles {
 public:
  // Without --control-tls-cert the port speaks no TLS, and there is nothing to load.
  explicit TlsFiles(const ControlOptions& options);

  // Reads the files (again). On failure, what was read before stays in use. INVALID_ARGUMENT names
  // the option.
  absl::Status Load();

  // What the server is built with. What is loaded later is what it shows later. This outlives the
  // server; Load has succeeded.
  std::shared_ptr<grpc::ServerCredentials> Credentials();

 private:
  class Reloading;
  struct Pems {
    std::string cert;
    std::string key;
    std::string client_ca;
  };

  // Nothing: `version` is the newest, which it is from now on.
  std::optional<Pems> NewerThan(uint64_t& version);

  const std::string cert_file_;
  const std::string key_file_;
  const std::string client_ca_file_;
  absl::Mutex mutex_;
  Pems pems_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::control
