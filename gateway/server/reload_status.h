// SPDX-License-Identifier: Apache-2.0
//
// What became of the last reload, in a file (--reload-status-file), for whoever asked by a signal
// and waits for the verdict. The file counts reloads that have begun and that have ended, so that
// somebody who asks knows which verdict is about what was there when it asked: one that ended
// behind those that had begun by then.
//
//   pid: 1234
//   begun: 2
//   ended: 2
//   refused: tls-cert: cannot be read     (empty: what was read is in use)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::server {

struct ReloadStatus {
  pid_t pid = 0;
  uint64_t begun = 0;
  uint64_t ended = 0;
  std::string refused{};

  std::string ToText() const;
  // INVALID_ARGUMENT: it is something else.
  static absl::StatusOr<ReloadStatus> Parse(const std::string& text);
};

// The gateway's side. Home thread.
class ReloadStatusFile {
 public:
  // Empty: there is none, and nothing is written.
  explicit ReloadStatusFile(std::string path);

  // As the file is before the first reload. INVALID_ARGUMENT: it cannot be written.
  absl::Status Write() const;
  absl::Status Begin();
  absl::Status End(const absl::Status& verdict);

 private:
  const std::string path_;
  ReloadStatus status_;
};

}  // namespace sluice::server
