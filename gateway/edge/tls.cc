// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace sluice::edge {
namespace {

constexpr char kCiphersTls12[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";
constexpr unsigned char kSessionContext[] = "sluice";

absl::Status Broken(const std::string& what, const std::string& file) {
  char reason[256] = "unknown";
  if (unsigned long code = ERR_peek_last_error()) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  return absl::InvalidArgumentError(what + " " + file + ": " + reason);
}

// A key with a passphrase must not make the process ask its terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

void Configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_cipher_list(context, kCiphersTls12);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
}

}  // namespace

void SslFree::operator()(SSL* ssl) const { SSL_free(ssl); }

absl::StatusOr<TlsStore::Context> TlsStore::MakeContext(const std::string& cert,
                                                        const std::string& key) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return absl::ResourceExhaustedError("no memory for a TLS context");
  Configure(context.get());
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) != 1) {
    return Broken("tls-cert: certificate", cert);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Broken("tls-key: private key", key);
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return Broken("tls-key: private key does not belong to certificate " + cert + ":", key);
  }
  return context;
}

absl::StatusOr<std::unique_ptr<TlsStore>> TlsStore::Load(std::string cert_file,
                                                         std::string key_file) {
  auto store = std::unique_ptr<TlsStore>(new TlsStore(std::move(cert_file), std::move(key_file)));
  absl::Status status = store->Reload();
  if (!status.ok()) return status;
  return store;
}

absl::Status TlsStore::Reload() {
  absl::StatusOr<Context> fresh = MakeContext(cert_file_, key_file_);
  if (!fresh.ok()) return fresh.status();
  absl::MutexLock lock(&mutex_);
  context_ = *std::move(fresh);
  return absl::OkStatus();
}

SslPtr TlsStore::NewServer(int socket) const {
  Context context;
  {
    absl::MutexLock lock(&mutex_);
    context = context_;
  }
  SslPtr ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace sluice::edge
