// SPDX-License-Identifier: Apache-2.0
//
// A connection as a row of a table.
#pragma once

#include <string>

#include "control/ctl/table.h"
#include "sluice/v1/types.pb.h"

namespace sluice::ctl {

Row ConnectionHeader();
Row ConnectionRow(const v1::Connection& connection);

// "2026-01-31T12:00:00Z", to the second; empty if it is not set.
std::string TimeText(const google::protobuf::Timestamp& time);

}  // namespace sluice::ctl
