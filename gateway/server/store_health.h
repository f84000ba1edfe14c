// SPDX-License-Identifier: Apache-2.0
//
// Shows whether the stores do what they are asked for. Asks them at scrape.
#pragma once

#include "gateway/server/stores.h"
#include "metrics/probe.h"

namespace sluice::server {

class StoreHealth final : public metrics::Source {
 public:
  // `stores` outlives this.
  explicit StoreHealth(Stores& stores) : stores_(stores) {}
  void Visit(metrics::Visitor& visitor) const override;

 private:
  Stores& stores_;
};

}  // namespace sluice::server
