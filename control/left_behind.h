// SPDX-License-Identifier: Apache-2.0
//
// What workers of any node offered last before they left, and nobody offers or took back by name
// since: the shards know it still, and nodes that start later are told, so that their doors are as
// shut as the others'. Home thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "control/offer_book.h"
#include "metrics/probe.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

class LeftBehind {
 public:
  // Of more bytes than that (--registration-bytes), the oldest is forgotten, and `dropped` counted;
  // it outlives this.
  LeftBehind(size_t bytes_max, metrics::SharedCounter& dropped)
      : bytes_max_(bytes_max), dropped_(dropped) {}

  // Nobody offers these any more; or those of one namespace.
  void Leave(const OfferBook& offers, const std::optional<std::string>& space = {});
  // As another node says.
  void Leave(const google::protobuf::RepeatedPtrField<v1::Register>& protos);
  // It is offered again.
  void Return(const v1::Register& proto);
  // Taken back by name.
  void Forget(const v1::Deregister& proto) { offers_.Remove(proto); }

  const OfferBook::Registers& registers() const { return offers_.registers(); }

 private:
  void Add(v1::Register proto);
  void Trim();

  const size_t bytes_max_;
  metrics::SharedCounter& dropped_;
  OfferBook offers_;
  uint64_t last_ = 0;
};

}  // namespace sluice::control
