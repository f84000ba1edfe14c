// SPDX-License-Identifier: Apache-2.0
//
// A benchmark that cannot go on says why and ends; its children end with it.
#pragma once

#include <string_view>

namespace sluice::bench {

[[noreturn]] void Fail(std::string_view why);

// The same, with what errno says.
[[noreturn]] void FailErrno(std::string_view what);

}  // namespace sluice::bench
