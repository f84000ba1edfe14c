// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/selector_flags.h"
#include "control/ctl/session.h"
#include "control/ctl/spaces.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

class ConnectionsCount : public Command {
 public:
  ConnectionsCount() : Command("connections count", "How many connections a selector names.") {}

  void Declare(Flags& flags) override {
    selector_.Declare(flags);
    DeclareAllSpaces(flags, &all_spaces_);
  }

  Exit Run(Session& session) override {
    auto spaces = SpacesOf(session, all_spaces_);
    if (!spaces.ok()) return session.Fail(spaces.status());
    uint64_t total = 0;
    for (const std::string& space : *spaces) {
      auto selector = selector_.Build(space, ReadClocks().date);
      if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
      v1::CountConnectionsRequest request;
      *request.mutable_selector() = *std::move(selector);
      request.set_scope(session.scope());
      auto counted = session.client().Ask(request);
      if (!counted.ok()) return session.Fail(counted.status());
      session.AddUnreachable(counted->unreachable());
      total += counted->connections();
    }
    // A number alone: scripts read it.
    if (session.out.is_table()) {
      session.out.Write(absl::StrCat(total, "\n"));
    } else {
      session.out.Show(
          Json{{"connections", absl::StrCat(total)}, {"unreachable", session.unreachable()}}, {},
          {});
    }
    return session.Conclude(Exit::kOk);
  }

 private:
  SelectorFlags selector_;
  bool all_spaces_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeConnectionsCount() { return std::make_unique<ConnectionsCount>(); }

}  // namespace sluice::ctl
