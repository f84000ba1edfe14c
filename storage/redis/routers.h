// SPDX-License-Identifier: Apache-2.0
//
// The router for the topology that the URL names. Internal to the room.
#pragma once

#include <memory>

#include "storage/redis/context.h"
#include "storage/redis/router.h"
#include "storage/redis/subscriber.h"

namespace sluice::storage::redis {

std::unique_ptr<Router> MakeRouter(Context& context, Router::User& user,
                                   Subscriber::User& listener);

}  // namespace sluice::storage::redis
