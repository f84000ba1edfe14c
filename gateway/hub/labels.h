// SPDX-License-Identifier: Apache-2.0
//
// Labels that workers and backends give to sessions.
#pragma once

#include "gateway/hub/fault.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

struct Session;

// Sets labels ("" removes one). False: they would be more than --labels-bytes; nothing was set, and
// that is counted.
bool SetLabels(Session& session, const Labels& labels, ShardProbe& probe);

// What becomes of a worker's answer with labels that do not fit.
CallError TooManyLabels();

}  // namespace sluice::hub
