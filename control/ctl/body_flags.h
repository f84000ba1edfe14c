// SPDX-License-Identifier: Apache-2.0
//
// A body: an argument, "@FILE", or "-" for the standard input. "@@" at the front is one "@" of the
// body itself.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "control/ctl/flags.h"
#include "sluice/v1/types.pb.h"

namespace sluice::ctl {

class BodyFlags {
 public:
  // `name`: of the argument.
  void Declare(Flags& flags, const std::string& name);

  // INVALID_ARGUMENT: it cannot be read, or is not what --as says.
  absl::StatusOr<v1::Body> Read() const;

 private:
  std::string name_;
  std::optional<std::string> given_;
  std::string as_ = "json";
};

// For people: JSON and text as they are, bytes as base64.
std::string BodyText(const v1::Body& body);

}  // namespace sluice::ctl
