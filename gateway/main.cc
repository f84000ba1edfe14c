// SPDX-License-Identifier: Apache-2.0
//
// The gateway's process. Exit codes: 0 after a drain, or when only asked for something; 1 if the
// node cannot start, or was told twice to stop; 2 if an option is wrong.
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "control/library_log.h"
#include "gateway/config/config.h"
#include "gateway/runtime/home_thread.h"
#include "gateway/runtime/log.h"
#include "gateway/server/bounded_write.h"
#include "gateway/server/last_words.h"
#include "gateway/server/leave.h"
#include "gateway/server/library_lines.h"
#include "gateway/server/notifier.h"
#include "gateway/server/process_setup.h"
#include "gateway/server/reload_process.h"
#include "gateway/server/server.h"
#include "gateway/version.h"
#include "storage/time.h"
#include "text/utf8.h"

namespace {

// How long whoever started this is waited for to read why it cannot start.
constexpr int kRefusalMs = 1000;

std::vector<std::string> Environment() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  return environment;
}

// One line for whoever started it.
int Refuse(const absl::Status& status) {
  const std::string line =
      absl::StrCat("sluice: ", sluice::text::ToUtf8(std::string(status.message())), "\n");
  sluice::server::WriteWithin(STDERR_FILENO, line, kRefusalMs);
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Check(const sluice::config::Config& config) {
  absl::Status status = sluice::server::Server::Check(config.settings());
  if (!status.ok()) return Refuse(config.Locate(status));
  std::cout << "ok\n";
  return 0;
}

// The exit code, if something was asked for instead of a start.
std::optional<int> Answer(const sluice::config::Config& config) {
  const sluice::config::Actions& actions = config.actions();
  if (actions.help) {
    std::cout << config.help();
  } else if (actions.version) {
    std::cout << "sluice " << sluice::kVersion << "\n";
  } else if (actions.print_config) {
    std::cout << config.ToYaml();
  } else if (actions.check_config) {
    return Check(config);
  } else if (actions.leave) {
    const absl::Status left = sluice::server::LeaveProcess(*actions.leave);
    if (!left.ok()) return Refuse(left);
  } else if (actions.reload) {
    const sluice::config::Settings& settings = config.settings();
    const absl::Status reloaded = sluice::server::ReloadProcess(
        *actions.reload, settings.reload_status_file, settings.reload_timeout);
    if (!reloaded.ok()) return Refuse(reloaded);
  } else {
    return std::nullopt;
  }
  // Whoever asked waits for the answer, and so does it: it may go into a pager.
  std::cout.flush();
  return std::cout ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  sluice::server::IgnoreStraySignals();
  const auto notified = sluice::server::Notifier::TakeFromEnvironment();
  auto config = sluice::config::Config::Load({argv + 1, argv + argc}, Environment());
  if (!config.ok()) return Refuse(config.status());
  if (std::optional<int> exit_code = Answer(**config)) return *exit_code;

  sluice::runtime::BlockSignals();
  // Debian's Abseil looks for lock cycles at every lock, gRPC's included: 100 ns instead of 20.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sluice::config::Settings& settings = (*config)->settings();
  const sluice::runtime::Log log(settings.log, STDERR_FILENO);
  const sluice::server::LastWords last_words(log, STDERR_FILENO);
  sluice::server::LibraryLines lines(log);
  // What is wrong until then is the one line of a refusal.
  std::atomic<bool> started{false};
  const sluice::control::LibraryLog libraries([&](const sluice::control::LibraryLine& line) {
    if (started) lines.Take(line, sluice::ReadClocks().date);
  });
  auto server = sluice::server::Server::Start(settings, log, notified);
  if (!server.ok()) return Refuse((*config)->Locate(server.status()));
  started = true;
  (*server)->Wait();
  return 0;
}
