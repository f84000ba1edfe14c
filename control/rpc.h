// SPDX-License-Identifier: Apache-2.0
//
// The rpcs of the public contract, as the .proto files list them: there is no second list.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <string_view>

#include "absl/types/span.h"

namespace sluice::control {

struct Rpc {
  size_t index;  // in Rpcs()
  std::string_view name;
  // Streams last as long as their callers like; only the others' durations say something.
  bool is_stream;
};

// All of them; the same for the life of the process.
absl::Span<const Rpc> Rpcs();

// The one with that request. There is one.
const Rpc& RpcOf(const google::protobuf::Descriptor* request);
template <typename Request>
const Rpc& RpcOf() {
  return RpcOf(Request::descriptor());
}

}  // namespace sluice::control
