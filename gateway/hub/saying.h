// SPDX-License-Identifier: Apache-2.0
//
// What is said to many, on its way to them (publisher.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/hub/message.h"

namespace sluice::hub {

// Something that is said to many. Immutable once it is on its way; shared by all shards.
struct Saying {
  enum class Audience : uint8_t {
    kMembers,  // of the channel that the message's event names, the sender included
    kOthers,   // everybody in the namespace but the sender
  };
  std::string space;
  SharedMessage message;
  std::string connection{};  // who said it; empty: a backend
  std::string user{};
  Audience audience = Audience::kMembers;
};
using SharedSaying = std::shared_ptr<const Saying>;

}  // namespace sluice::hub
