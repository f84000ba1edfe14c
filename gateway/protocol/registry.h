// SPDX-License-Identifier: Apache-2.0
//
// Every dialect that the gateway speaks. One object of each; built once, by the root, and outlives
// whatever refers to it. A new dialect is a folder entry and a line here.
#pragma once

#include <array>
#include <string_view>

#include "gateway/hub/dialect.h"
#include "gateway/protocol/json_rpc.h"
#include "gateway/protocol/msgpack_rpc.h"

namespace sluice::protocol {

struct Registry {
  // The ids are those of sluice.v1.Dialect, less one; they never change.
  const MsgpackRpc msgpack_rpc{1};
  const JsonRpc json_rpc{0, msgpack_rpc};
  const std::array<const hub::Dialect*, 2> all = {&json_rpc, &msgpack_rpc};

  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Null if there is none of that name.
  const hub::Dialect* Find(std::string_view name) const;

  // By id, empty where there is none: labels of metrics.
  std::array<std::string_view, hub::kDialectsMax> Names() const;
};

}  // namespace sluice::protocol
