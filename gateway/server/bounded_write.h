// SPDX-License-Identifier: Apache-2.0
//
// Writes to a descriptor that somebody else reads, or does not: the caller is held up for a bounded
// time. The descriptor stays as it is; it may be shared with other processes, so it is not made
// non-blocking.
#pragma once

#include <string_view>

namespace sluice::server {

// False: not all of it could be written in time, or at all. Safe in a signal's handler.
bool WriteWithin(int fd, std::string_view text, int milliseconds);

}  // namespace sluice::server
