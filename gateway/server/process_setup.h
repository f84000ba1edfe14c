// SPDX-License-Identifier: Apache-2.0
//
// What a process does before anything else, so that neither how it was started nor a stray signal
// harms it.
//
// Whoever links this has /dev/null at those of the descriptors 0 to 2 that were closed: before the
// libraries' own initialisers, some of which open descriptors. Otherwise a socket would get such a
// number, and whatever is meant for stderr would go to its peer.
#pragma once

namespace sluice::server {

// Signals that end a process by default and mean nothing here are ignored; so is a write to whom is
// gone (an error of the write), a file over its size limit (the same), and a terminal that wants
// background processes to stop when they write. What stops, reloads, or reports a fault stays.
// Called once, before there are threads.
// But for runtime::LeaveSignal.
void IgnoreStraySignals();

}  // namespace sluice::server
