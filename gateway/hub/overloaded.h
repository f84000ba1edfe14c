// SPDX-License-Identifier: Apache-2.0
//
// Visits a std::variant by one lambda for each alternative.
#pragma once

namespace sluice::hub {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

}  // namespace sluice::hub
