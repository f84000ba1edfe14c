// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/tls.h"

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::storage::redis {
namespace {

namespace ssl = boost::asio::ssl;
using Error = boost::system::error_code;

absl::Status Broken(absl::string_view option, const std::string& file, const Error& error) {
  return absl::InvalidArgumentError(
      absl::StrCat("redis-", option, ": ", file, ": ", error.message()));
}

absl::Status ShowCertificate(const TlsOptions& options, ssl::context& context) {
  Error error;
  context.use_certificate_chain_file(options.cert, error);
  if (error) return Broken("tls-cert", options.cert, error);
  context.use_private_key_file(options.key, ssl::context::pem, error);
  if (error) return Broken("tls-key", options.key, error);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return absl::InvalidArgumentError("redis-tls-key: does not belong to redis-tls-cert");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const Options& options) {
  if (!options.url.tls) return TlsContext();
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  Error error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer, error);
  if (options.tls.ca.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(options.tls.ca, error);
  }
  if (error) return Broken("tls-ca", options.tls.ca, error);
  if (!options.tls.cert.empty()) {
    if (absl::Status shown = ShowCertificate(options.tls, *context); !shown.ok()) return shown;
  }
  return context;
}

}  // namespace sluice::storage::redis
