// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace sluice::hub {

// The bounds of decoding, options of the gateway.
struct DecodeLimits {
  size_t batch_max = 100;  // commands in one message (--batch-max)
  size_t depth_max = 32;   // nesting of arrays and objects (--depth-max)
  size_t name_max = 255;   // bytes of a method or channel name (--channel-name-bytes)
};

}  // namespace sluice::hub
