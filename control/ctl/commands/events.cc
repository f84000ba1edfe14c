// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "control/ctl/commands.h"
#include "control/ctl/connection_row.h"
#include "control/ctl/tail.h"

namespace sluice::ctl {
namespace {

constexpr std::string_view kType = "TYPE_";

// "taken-over" for TYPE_TAKEN_OVER.
std::string TypeName(v1::ConnectionEvent::Type type) {
  const std::string& name = v1::ConnectionEvent::Type_Name(type);
  if (name.size() <= kType.size()) return absl::StrCat(static_cast<int>(type));
  return absl::AsciiStrToLower(absl::StrReplaceAll(name.substr(kType.size()), {{"_", "-"}}));
}

std::vector<std::string> TypeNames() {
  std::vector<std::string> names;
  for (int i = v1::ConnectionEvent::Type_MIN + 1; i <= v1::ConnectionEvent::Type_MAX; ++i) {
    names.push_back(TypeName(static_cast<v1::ConnectionEvent::Type>(i)));
  }
  return names;
}

std::string DetailOf(const v1::ConnectionEvent& event) {
  std::vector<std::string> parts;
  if (event.code() != 0) parts.push_back(absl::StrCat("code=", event.code()));
  if (!event.channel().empty()) parts.push_back("channel=" + event.channel());
  if (event.channels_size() > 0) {
    parts.push_back("channels=" + absl::StrJoin(event.channels(), ","));
  }
  if (!event.worker().empty()) parts.push_back("worker=" + event.worker());
  if (!event.node().empty()) parts.push_back("node=" + event.node());
  if (!event.reason().empty()) parts.push_back(event.reason());
  if (!event.claims_json().empty()) parts.push_back(event.claims_json());
  return absl::StrJoin(parts, " ");
}

bool Has(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

class Events : public Command {
 public:
  Events() : Command("events", "Shows what happens to connections, as it happens.") {}

  void Declare(Flags& flags) override {
    const std::vector<std::string> names = TypeNames();
    flags.Add({"--type", "WORD", "only events of these types", false, true, names,
               [this, names](const std::string& text) {
                 types_.push_back(text);
                 return Has(names, text) ? absl::OkStatus()
                                         : absl::InvalidArgumentError("no such type of event");
               }});
    flags.Texts("--id", "ID", "only events of these connections", &ids_);
    flags.Texts("--user", "USER", "only events of these users", &users_);
    flags.Switch("-A,--all-namespaces", "in all namespaces", &all_spaces_);
    tail_.Declare(flags);
  }

  Exit Run(Session& session) override {
    EndOnInterrupt(session);
    v1::WatchEventsRequest request;
    if (!all_spaces_) request.set_namespace_(session.space());
    request.set_left_together(true);
    request.set_scope(session.scope());
    for (int i = v1::ConnectionEvent::Type_MIN + 1; i <= v1::ConnectionEvent::Type_MAX; ++i) {
      const auto type = static_cast<v1::ConnectionEvent::Type>(i);
      if (!types_.empty() && Has(types_, TypeName(type))) request.add_types(type);
    }
    Table table({"TIME", "NODE", "TYPE", "NAMESPACE", "ID", "USER", "DETAIL"},
                session.out.columns());
    absl::Status status = session.client().Follow(
        request,
        [&](v1::WatchEventsResponse& message) {
          Warn(session, message);
          for (const v1::ConnectionEvent& event : message.events()) {
            if (!Has(ids_, event.connection_id()) || !Has(users_, event.user())) continue;
            Show(session, message.node(), event, table);
            if (!tail_.Count()) return false;
          }
          return true;
        },
        tail_.length());
    return tail_.Ended(session, status);
  }

 private:
  // Whoever asks why somebody was closed must know what he does not see.
  void Warn(Session& session, const v1::WatchEventsResponse& message) {
    const std::string& node = message.node();
    if (message.lost() > 0) {
      session.Note(absl::StrCat(message.lost(), " events of ", node, " lost: read too slowly"));
    }
    if (message.gap()) session.Note("events of " + node + " are missing here");
    switch (message.state()) {
      case v1::WatchEventsResponse::NODE_STATE_FOLLOWED:
        session.Note("following " + node);
        break;
      case v1::WatchEventsResponse::NODE_STATE_SILENT:
        session.Note(node + " does not answer: its events come later, or are missing");
        break;
      case v1::WatchEventsResponse::NODE_STATE_ENDED:
        session.Note(node + " has ended");
        break;
      default:
        break;
    }
  }

  static void Show(Session& session, const std::string& node, const v1::ConnectionEvent& event,
                   Table& table) {
    Json value;
    if (!session.out.is_table()) {
      value = ToJson(event);
      value["watched_node"] = node;
    }
    session.out.Tail(value, table,
                     {TimeText(event.time()), node, TypeName(event.type()), event.namespace_(),
                      event.connection_id(), event.user(), DetailOf(event)});
  }

  std::vector<std::string> types_;
  std::vector<std::string> ids_;
  std::vector<std::string> users_;
  bool all_spaces_ = false;
  TailFlags tail_;
};

}  // namespace

std::unique_ptr<Command> MakeEvents() { return std::make_unique<Events>(); }

}  // namespace sluice::ctl
