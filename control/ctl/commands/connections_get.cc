// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/ctl/commands.h"
#include "control/ctl/connection_row.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ConnectionsGet : public Command {
 public:
  ConnectionsGet() : Command("connections get", "One connection, with all that is known of it.") {}

  void Declare(Flags& flags) override { flags.Argument("ID", "its id", &id_); }

  Exit Run(Session& session) override {
    v1::GetConnectionRequest request;
    request.set_namespace_(session.space());
    request.set_connection_id(id_);
    request.set_scope(session.scope());
    auto connection = session.client().Ask(request);
    if (!connection.ok()) return session.Fail(connection.status());
    const Row header = ConnectionHeader();
    const Row row = ConnectionRow(*connection);
    std::vector<Row> rows = {{"NAMESPACE", connection->namespace_()}};
    for (size_t i = 0; i < header.size(); ++i) rows.push_back({header[i], row[i]});
    rows.push_back({"AUTHENTICATED", connection->authenticated() ? "yes" : "no"});
    for (const std::string& channel : connection->channels()) rows.push_back({"CHANNEL", channel});
    session.out.Show(*connection, {"FIELD", "VALUE"}, rows);
    return session.Conclude(Exit::kOk);
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> MakeConnectionsGet() { return std::make_unique<ConnectionsGet>(); }

}  // namespace sluice::ctl
