// SPDX-License-Identifier: Apache-2.0
//
// --storage=memory: of a node that is alone.
#pragma once

#include <memory>
#include <string>

#include "gateway/server/stores.h"

namespace sluice::server {

std::unique_ptr<Stores> MakeMemoryStores(const std::string& node);

}  // namespace sluice::server
