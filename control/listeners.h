// SPDX-License-Identifier: Apache-2.0
//
// The control port's listening sockets: one for each address that a name stands for, and one for
// both families for a wildcard.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::control {

// Owns them.
class Listeners {
 public:
  Listeners() = default;
  ~Listeners() { Close(); }
  Listeners(Listeners&& other) noexcept;
  Listeners& operator=(Listeners&& other) noexcept;

  // `address`: host:port or [v6]:port; port 0 chooses one, the same for all. The sockets neither
  // block nor are inherited. UNAVAILABLE says why none of them can be had.
  static absl::StatusOr<Listeners> Open(const std::string& address);

  // As it was given, with the port that was bound.
  const std::string& address() const { return address_; }
  const std::vector<int>& descriptors() const { return descriptors_; }
  void Close();

 private:
  std::string address_;
  std::vector<int> descriptors_;
};

}  // namespace sluice::control
