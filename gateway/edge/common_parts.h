// SPDX-License-Identifier: Apache-2.0
//
// What all shards of the edge share: immutable, or thread-safe.
#pragma once

#include <memory>

#include "gateway/edge/connection_limiter.h"
#include "gateway/edge/networks.h"
#include "gateway/edge/options.h"
#include "gateway/edge/origin.h"
#include "gateway/edge/refusal_reports.h"
#include "gateway/edge/tls.h"
#include "gateway/protocol/routes.h"

namespace sluice::edge {

struct CommonParts {
  const EdgeOptions options;
  const protocol::Routes routes;
  const OriginPolicy origins;
  const Networks trusted;         // --trust-forwarded-for
  const Networks proxy_protocol;  // --proxy-protocol
  ConnectionLimiter limiter;
  const std::unique_ptr<TlsStore> tls;  // null: the port is plain
  RefusalReports* const reports;        // null: nobody reads them
};

}  // namespace sluice::edge
