// SPDX-License-Identifier: Apache-2.0
//
// The client's side of TLS: whom we believe, and what we show. Internal to the room.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "storage/redis/options.h"

namespace boost::asio::ssl {
class context;
}

namespace sluice::storage::redis {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// Null without rediss://. TLS 1.2 and up; the certificate must be believed, and be for the host.
// INVALID_ARGUMENT names the file that is missing or broken.
absl::StatusOr<TlsContext> MakeTlsContext(const Options& options);

}  // namespace sluice::storage::redis
