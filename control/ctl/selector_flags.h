// SPDX-License-Identifier: Apache-2.0
//
// Which connections, as flags: the same for all commands, and what Selector in types.proto has.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control/ctl/flags.h"
#include "sluice/v1/types.pb.h"

namespace sluice::ctl {

class SelectorFlags {
 public:
  void Declare(Flags& flags);

  // `date`: from which --older-than and --younger-than count.
  absl::StatusOr<v1::Selector> Build(const std::string& space, absl::Time date) const;

  // The whole namespace was asked for by its name.
  bool all() const { return all_; }

 private:
  std::vector<std::string> ids_;
  std::vector<std::string> users_;
  std::vector<std::string> channels_;
  std::vector<std::string> dialects_;
  std::vector<std::string> nodes_;
  std::vector<std::string> labels_;
  std::vector<std::string> except_ids_;
  std::vector<std::string> except_users_;
  std::string before_;
  std::string after_;
  std::optional<absl::Duration> older_than_;
  std::optional<absl::Duration> younger_than_;
  uint64_t share_ = 0;
  bool all_ = false;
};

// Nothing but its namespace restricts it, and exceptions do not either.
bool IsWholeNamespace(const v1::Selector& selector);

// "json-rpc" for DIALECT_JSON_RPC.
std::string DialectName(v1::Dialect dialect);

}  // namespace sluice::ctl
