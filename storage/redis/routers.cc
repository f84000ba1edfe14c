// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/routers.h"

#include "storage/redis/cluster.h"
#include "storage/redis/single.h"
#include "storage/redis/watched.h"

namespace sluice::storage::redis {

std::unique_ptr<Router> MakeRouter(Context& context, Router::User& user,
                                   Subscriber::User& listener) {
  switch (context.options.url.topology) {
    case Topology::kStandalone:
      return std::make_unique<Single>(context, user, listener);
    case Topology::kSentinel:
      return std::make_unique<Watched>(context, user, listener);
    case Topology::kCluster:
      return std::make_unique<Cluster>(context, user, listener);
  }
  return nullptr;
}

}  // namespace sluice::storage::redis
