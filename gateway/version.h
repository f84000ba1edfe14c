// SPDX-License-Identifier: Apache-2.0
//
// The version of this build, as --version, metrics and logs show it.
#pragma once

namespace sluice {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace sluice
