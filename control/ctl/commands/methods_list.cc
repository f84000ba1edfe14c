// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_join.h"
#include "control/ctl/commands.h"
#include "control/ctl/listing.h"
#include "control/ctl/pages.h"

namespace sluice::ctl {
namespace {

class MethodsList : public Command {
 public:
  MethodsList()
      : Command("methods list",
                "What clients may call and subscribe to in the namespace, and who serves it.") {}

  Exit Run(Session& session) override {
    Listing listing(session.out, {"KIND", "NAME", "PROTECTED", "WORKERS", "EJECTED"});
    std::string section;
    auto enter = [&](const std::string& name) {
      if (section != name) listing.Section(section = name);
    };
    enter("methods");
    v1::ListMethodsRequest request;
    request.set_namespace_(session.space());
    absl::Status status = ForEachPage(session, request, [&](const v1::ListMethodsResponse& page) {
      for (const auto& method : page.methods()) {
        listing.Add(method, {"method", method.name(), YesOrNo(method.protected_()),
                             absl::StrJoin(method.workers(), ","),
                             absl::StrJoin(method.ejected_workers(), ",")});
      }
      for (const auto& event : page.events()) {
        enter("events");
        listing.Add(event, {"event", event.name(), YesOrNo(event.protected_()),
                            absl::StrJoin(event.workers(), ","), ""});
      }
      listing.Turn();
    });
    if (!status.ok()) return session.Fail(status);
    enter("events");
    listing.End(session.unreachable());
    return session.Conclude(Exit::kOk);
  }

 private:
  static std::string YesOrNo(bool yes) { return yes ? "yes" : "no"; }
};

}  // namespace

std::unique_ptr<Command> MakeMethodsList() { return std::make_unique<MethodsList>(); }

}  // namespace sluice::ctl
