// SPDX-License-Identifier: Apache-2.0
//
// Following a drain to its end: a bar on a terminal, lines for whoever reads them, a message a line
// in JSON.
#pragma once

#include <string>

#include "control/ctl/rate.h"
#include "control/ctl/session.h"
#include "storage/time.h"

namespace sluice::ctl {

// One drain, as a row or a document.
void ShowDrain(Session& session, const v1::Drain& drain);

// Until it ends. Ctrl-C ends the watching alone: the drain goes on, and a line says so.
Exit WatchDrain(Session& session, const std::string& id);

Row DrainHeader();
Row DrainRow(const v1::Drain& drain);

}  // namespace sluice::ctl
