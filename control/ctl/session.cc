// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/session.h"

#include <cstdio>

#include "absl/strings/str_join.h"
#include "control/ctl/files.h"
#include "control/ctl/printable.h"

namespace sluice::ctl {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;

Exit ExitOf(const absl::Status& status) {
  // It may be on a node that did not answer.
  if (status.message().find("(NODES_UNREACHABLE)") != status.message().npos) return Exit::kPartial;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return Exit::kUnreachable;
    case absl::StatusCode::kNotFound:
      return Exit::kNothing;
    case absl::StatusCode::kCancelled:
      return Exit::kInterrupted;
    default:
      return Exit::kFailed;
  }
}

}  // namespace

absl::Status Session::Open() {
  Client::Target target;
  target.address = settings.address;
  target.token = settings.token;
  target.tls = settings.tls;
  target.name = settings.tls_name;
  target.timeout = settings.timeout;
  const std::pair<const std::string*, std::string*> files[] = {{&settings.tls_ca, &target.ca},
                                                               {&settings.tls_cert, &target.cert},
                                                               {&settings.tls_key, &target.key}};
  for (auto [path, into] : files) {
    if (path->empty()) continue;
    auto text = ReadFile(*path, kPemBytesMax);
    if (!text.ok()) return text.status();
    *into = *std::move(text);
  }
  client_ = std::make_unique<Client>(std::move(target));
  return absl::OkStatus();
}

void Session::Note(const std::string& line) const {
  fprintf(stderr, "sluicectl: %s\n", Printable(line).c_str());
}

Exit Session::Usage(const std::string& line) const {
  Note(line);
  return Exit::kUsage;
}

Exit Session::Fail(const absl::Status& status) const {
  const Exit exit = ExitOf(status);
  if (exit == Exit::kInterrupted) return exit;
  std::string message(status.message());
  if (message.empty()) message = absl::StatusCodeToString(status.code());
  Note(exit == Exit::kUnreachable ? settings.address + ": " + message : message);
  return exit;
}

Exit Session::Conclude(Exit exit) const {
  if (unreachable_.empty()) return exit;
  Note("did not answer: " + absl::StrJoin(unreachable_, ", "));
  return exit == Exit::kOk || exit == Exit::kNothing || exit == Exit::kSome ? Exit::kPartial : exit;
}

}  // namespace sluice::ctl
