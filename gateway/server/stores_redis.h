// SPDX-License-Identifier: Apache-2.0
//
// --storage=redis://...: of a node that is one of many. Presence, broker and the registry of nodes
// share one thread with the client of Redis.
#pragma once

#include <memory>
#include <string>

#include "gateway/server/stores.h"

namespace sluice::server {

// INVALID_ARGUMENT names the option that is wrong.
absl::StatusOr<std::unique_ptr<Stores>> MakeRedisStores(const config::Settings& settings,
                                                        const std::string& epoch);

}  // namespace sluice::server
