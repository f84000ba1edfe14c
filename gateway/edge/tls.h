// SPDX-License-Identifier: Apache-2.0
//
// The certificate that the public port shows: loaded once, loaded again on demand.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

namespace sluice::edge {

struct SslFree {
  void operator()(SSL* ssl) const;
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

// TLS 1.2 and up, forward-secret AEAD ciphers, no renegotiation, no compression; sessions are
// resumed by tickets, so the server remembers none. Thread-safe.
class TlsStore {
 public:
  // INVALID_ARGUMENT names the file that is missing, broken or does not match the other.
  static absl::StatusOr<std::unique_ptr<TlsStore>> Load(std::string cert_file,
                                                        std::string key_file);

  // Reads the files again. If they are wrong, the old ones stay in use; connections that are open
  // are never touched.
  absl::Status Reload();

  // One connection's server side, with its socket set; null: out of memory.
  SslPtr NewServer(int socket) const;

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  TlsStore(std::string cert_file, std::string key_file)
      : cert_file_(std::move(cert_file)), key_file_(std::move(key_file)) {}
  static absl::StatusOr<Context> MakeContext(const std::string& cert, const std::string& key);

  const std::string cert_file_;
  const std::string key_file_;
  mutable absl::Mutex mutex_;
  Context context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::edge
