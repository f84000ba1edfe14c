// SPDX-License-Identifier: Apache-2.0
//
// What a node's workers offer, on its way to another node in messages that have a bound, and there
// put together again. Values; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/internal/v1/lending.pb.h"

namespace sluice::control {

class OffersParts {
 public:
  // `bytes_max`: of one part.
  OffersParts(uint64_t version, size_t bytes_max);

  void Forget(uint64_t version, uint64_t worker, const v1::Deregister& what);
  void AddLeftBehind(const v1::Register& proto);
  void SetAlive(uint64_t worker) { alive_.push_back(worker); }
  // What is registered next is this worker's.
  void AddWorker(uint64_t id, const std::string& name, uint32_t credit);
  // False: no part can hold it.
  bool AddRegister(const v1::Register& proto);

  std::vector<internal::v1::Offers> Take() &&;

 private:
  // A part with room for so much.
  internal::v1::Offers& Open(size_t bytes);

  const uint64_t version_;
  const size_t bytes_max_;
  size_t bytes_ = 0;  // of the last part
  std::vector<internal::v1::Offers> parts_;
  std::vector<uint64_t> alive_;
  internal::v1::Offers::Worker worker_;  // without its registers
};

// The other end.
class OffersAssembly {
 public:
  // All of them, once the last part is in. More than `bytes_max` are never whole.
  std::optional<internal::v1::Offers> Take(internal::v1::Offers part, size_t bytes_max);

 private:
  internal::v1::Offers whole_;
  size_t bytes_ = 0;
  uint32_t next_ = 0;
};

}  // namespace sluice::control
