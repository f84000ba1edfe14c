// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/reload_process.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gateway/server/gateway_process.h"
#include "gateway/server/reload_status.h"
#include "storage/time.h"

namespace sluice::server {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(10);

absl::Status Unusable(const std::string& path, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("--reload: reload-status-file ", path, " ", why));
}

absl::StatusOr<ReloadStatus> ReadStatus(const std::string& path, pid_t pid) {
  std::ifstream file(path);
  if (!file) return Unusable(path, "cannot be read; the gateway needs the same option");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto status = ReloadStatus::Parse(text);
  if (!status.ok()) return Unusable(path, std::string(status.status().message()));
  if (status->pid != pid) return Unusable(path, absl::StrCat("is of process ", status->pid));
  return status;
}

absl::Status Verdict(const ReloadStatus& status) {
  if (status.refused.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("--reload: not reloaded: ", status.refused));
}

}  // namespace

absl::Status ReloadProcess(pid_t pid, const std::string& status_file, absl::Duration timeout) {
  if (status_file.empty()) {
    return absl::InvalidArgumentError(
        "--reload: needs --reload-status-file, the one that the gateway has");
  }
  auto process = GatewayProcess::Open("--reload", pid);
  if (!process.ok()) return process.status();
  // Read first: a reload that is under way may have passed what has changed since.
  const auto before = ReadStatus(status_file, pid);
  if (!before.ok()) return before.status();
  absl::Status told = process->Signal(SIGHUP);
  if (!told.ok()) return told;
  const Instant end = ReadClocks() + timeout;
  while (ReadClocks() < end) {
    const auto ended = process->Ends(kLook);
    if (!ended.ok()) return ended.status();
    if (*ended) return process->Refused("ended without a word");
    const auto now = ReadStatus(status_file, pid);
    if (!now.ok()) return now.status();
    if (now->ended > before->begun) return Verdict(*now);
  }
  return absl::DeadlineExceededError(absl::StrCat("--reload: no word of process ", pid,
                                                  " within reload-timeout (",
                                                  absl::FormatDuration(timeout), ")"));
}

}  // namespace sluice::server
