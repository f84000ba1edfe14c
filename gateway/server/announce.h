// SPDX-License-Identifier: Apache-2.0
//
// What the log says at the start about the bounds that the process found: of threads, and of
// descriptors.
#pragma once

#include <cstdint>

#include "gateway/edge/options.h"
#include "gateway/runtime/log.h"
#include "gateway/server/descriptors.h"
#include "gateway/server/processors.h"

namespace sluice::server {

// `asked`: --shards.
void AnnounceThreads(const runtime::Log& log, const Processors& processors, uint32_t asked,
                     uint32_t shards);

// Once all ports are open: what is in use by then is not for clients. Warns if --connections-max
// cannot be met.
void AnnounceDescriptors(const runtime::Log& log, const DescriptorLimits& limits,
                         const edge::EdgeOptions& options);

}  // namespace sluice::server
