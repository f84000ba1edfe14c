// SPDX-License-Identifier: Apache-2.0
#include "control/tls_files.h"

#include <grpc/grpc_security.h>

#include <optional>
#include <utility>

#include "control/file.h"
#include "control/pem.h"

namespace sluice::control {

// gRPC's C++ has credentials that never change, and others that watch files and take whatever they
// find in them; its C core asks whoever wants to be asked.
class TlsFiles::Reloading final : public grpc::ServerCredentials {
 public:
  Reloading(TlsFiles& files, grpc_ssl_client_certificate_request_type request)
      : files_(files),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(request, &Fetch,
                                                                            this))) {}
  ~Reloading() override { grpc_server_credentials_release(credentials_); }

  // None are there to be processed: the gate reads a call's metadata itself.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // gRPC calls it for one handshake at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& own = *static_cast<Reloading*>(self);
    const std::optional<Pems> fresh = own.files_.NewerThan(own.fetched_);
    if (!fresh) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{fresh->key.c_str(), fresh->cert.c_str()};
    // gRPC 1.51 insists on authorities here, also where callers are asked for no certificate.
    const std::string& authorities = fresh->client_ca.empty() ? fresh->cert : fresh->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    return *config ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
                   : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
  }

  TlsFiles& files_;
  uint64_t fetched_ = 0;  // the version that gRPC has
  grpc_server_credentials* const credentials_;
};

TlsFiles::TlsFiles(const ControlOptions& options)
    : cert_file_(options.tls_cert),
      key_file_(options.tls_key),
      client_ca_file_(options.client_ca) {}

absl::Status TlsFiles::Load() {
  if (cert_file_.empty()) return absl::OkStatus();
  auto cert = ReadFile(cert_file_, "control-tls-cert");
  if (!cert.ok()) return cert.status();
  auto key = ReadFile(key_file_, "control-tls-key");
  if (!key.ok()) return key.status();
  absl::Status good = CheckKeyPair(*cert, *key);
  if (!good.ok()) return good;
  Pems fresh{*std::move(cert), *std::move(key), ""};
  if (!client_ca_file_.empty()) {
    auto ca = ReadFile(client_ca_file_, "control-client-ca");
    if (!ca.ok()) return ca.status();
    good = CheckClientCa(*ca);
    if (!good.ok()) return good;
    fresh.client_ca = *std::move(ca);
  }
  absl::MutexLock lock(&mutex_);
  pems_ = std::move(fresh);
  ++version_;
  return absl::OkStatus();
}

std::optional<TlsFiles::Pems> TlsFiles::NewerThan(uint64_t& version) {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(version, version_) == version_) return std::nullopt;
  return pems_;
}

std::shared_ptr<grpc::ServerCredentials> TlsFiles::Credentials() {
  if (cert_file_.empty()) return grpc::InsecureServerCredentials();
  return std::make_shared<Reloading>(
      *this, client_ca_file_.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                     : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
}

}  // namespace sluice::control
