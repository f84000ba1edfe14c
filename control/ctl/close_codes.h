// SPDX-License-Identifier: Apache-2.0
//
// Why connections end: each close code that a client, a backend or an event may show, who says it,
// and what comes next. A test holds this table against the README's and docs/dialects.md.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::ctl {

struct CloseCode {
  uint32_t code;
  std::string_view dialect;  // "any", or whose clients alone see it
  std::string_view meaning;
  std::string_view next_step;  // for the client
  std::string_view look_at;    // for the operator; empty: nothing
};

const std::vector<CloseCode>& CloseCodes();

// Those of one number: more than one if dialects differ. For a number that no row has, one that
// says whose it is to choose.
std::vector<CloseCode> Explain(uint32_t code);

}  // namespace sluice::ctl
