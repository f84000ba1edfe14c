// SPDX-License-Identifier: Apache-2.0
//
// What the node reads again while it serves, and who hears what came of it. Home thread.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/server/node_server.h"

namespace sluice::server {

absl::Status NodeServer::ReloadFiles() {
  absl::Status status = edge_->ReloadTls();
  status.Update(control_.Reload());
  status.Update(tokens_->Reload());
  return status;
}

void NodeServer::OnReloadBegun() {
  notifier_.Reloading();
  LogUnwritten(reload_status_.Begin());
}

// Also of a refusal: what was read before serves on.
void NodeServer::OnReloadEnded(const absl::Status& verdict) {
  LogUnwritten(reload_status_.End(verdict));
  notifier_.Reloaded(verdict.ok() ? absl::StrCat("serving on ", addresses_.listen)
                                  : absl::StrCat("not reloaded: ", std::string(verdict.message())));
}

std::vector<std::string> NodeServer::FilesInUse() const {
  std::vector<std::string> files = tokens_->files();
  const control::ControlOptions& control = settings_.control;
  for (const std::string& file : {settings_.edge.tls_cert, settings_.edge.tls_key, control.tls_cert,
                                  control.tls_key, control.client_ca, control.token_file}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

void NodeServer::LogUnwritten(const absl::Status& status) const {
  if (status.ok()) return;
  log_.Warn("reload status not written", {{"why", std::string(status.message())}});
}

}  // namespace sluice::server
