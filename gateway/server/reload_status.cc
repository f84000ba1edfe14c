// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/reload_status.h"

#include <unistd.h>

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gateway/server/whole_file.h"

namespace sluice::server {

std::string ReloadStatus::ToText() const {
  return absl::StrCat("pid: ", pid, "\nbegun: ", begun, "\nended: ", ended,
                      "\nrefused: ", absl::StrReplaceAll(refused, {{"\n", " "}}), "\n");
}

absl::StatusOr<ReloadStatus> ReloadStatus::Parse(const std::string& text) {
  std::map<std::string, std::string> fields;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    fields.insert(field);
  }
  ReloadStatus status;
  if (!absl::SimpleAtoi(fields["pid"], &status.pid) ||
      !absl::SimpleAtoi(fields["begun"], &status.begun) ||
      !absl::SimpleAtoi(fields["ended"], &status.ended) || fields.count("refused") == 0) {
    return absl::InvalidArgumentError("is no status of a gateway's reloads");
  }
  status.refused = fields["refused"];
  return status;
}

ReloadStatusFile::ReloadStatusFile(std::string path) : path_(std::move(path)) {
  status_.pid = getpid();
}

absl::Status ReloadStatusFile::Write() const {
  if (path_.empty()) return absl::OkStatus();
  return WriteWholeFile("reload-status-file", path_, status_.ToText());
}

absl::Status ReloadStatusFile::Begin() {
  ++status_.begun;
  return Write();
}

absl::Status ReloadStatusFile::End(const absl::Status& verdict) {
  status_.ended = status_.begun;
  status_.refused = std::string(verdict.message());
  return Write();
}

}  // namespace sluice::server
