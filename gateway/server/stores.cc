// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/stores.h"

#include "gateway/server/stores_memory.h"
#include "gateway/server/stores_redis.h"

namespace sluice::server {

absl::StatusOr<std::unique_ptr<Stores>> Stores::Make(const config::Settings& settings,
                                                     const std::string& epoch) {
  switch (settings.storage) {
    case config::Storage::kMemory:
      return MakeMemoryStores(settings.shard.node);
    case config::Storage::kRedis:
      return MakeRedisStores(settings, epoch);
  }
  return absl::InvalidArgumentError("storage: unknown");
}

}  // namespace sluice::server
