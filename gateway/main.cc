// SPDX-License-Identifier: Apache-2.0
//
// The gateway's process. Exit codes: 0 after a drain, or when only asked for something; 1 if the
// node cannot start, or was told twice to stop; 2 if an option is wrong.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "gateway/config/config.h"
#include "gateway/edge/home_thread.h"
#include "gateway/server/log.h"
#include "gateway/server/server.h"
#include "gateway/version.h"
#include "text/utf8.h"

namespace {

std::vector<std::string> Environment() {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  return environment;
}

// One line for whoever started it.
int Refuse(const absl::Status& status) {
  std::cerr << "sluice: " << sluice::text::ToUtf8(std::string(status.message())) << "\n";
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
  } else {
    return std::nullopt;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  auto config = sluice::config::Config::Load({argv + 1, argv + argc}, Environment());
  if (!config.ok()) return Refuse(config.status());
  if (std::optional<int> exit_code = Answer(**config)) return *exit_code;

  // gRPC writes to stderr in a form of its own; the errors that matter come back to us.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // A peer that is gone is an error of the write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  sluice::edge::BlockSignals();
  // Debian's Abseil looks for lock cycles at every lock, gRPC's included: 100 ns instead of 20.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sluice::config::Settings& settings = (*config)->settings();
  sluice::server::Log log(settings.log);
  auto server = sluice::server::Server::Start(settings, log);
  if (!server.ok()) return Refuse((*config)->Locate(server.status()));
  (*server)->Wait();
  return 0;
}
