// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "control/ctl/commands.h"
#include "control/ctl/connection_row.h"
#include "control/ctl/listing.h"
#include "control/ctl/pages.h"
#include "control/ctl/selector_flags.h"
#include "control/ctl/spaces.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

class ConnectionsList : public Command {
 public:
  ConnectionsList() : Command("connections list", "Who is connected.") {}

  void Declare(Flags& flags) override {
    selector_.Declare(flags);
    DeclareAllSpaces(flags, &all_spaces_);
    flags.Whole("--limit", "COUNT", "no more than so many (0: all)", 0, UINT32_MAX, &limit_);
  }

  Exit Run(Session& session) override {
    auto spaces = SpacesOf(session, all_spaces_);
    if (!spaces.ok()) return session.Fail(spaces.status());
    Row header = ConnectionHeader();
    if (all_spaces_) header.insert(header.begin(), "NAMESPACE");
    Listing listing(session.out, std::move(header));
    listing.Section("connections");
    for (const std::string& space : *spaces) {
      auto selector = selector_.Build(space, ReadClocks().date);
      if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
      absl::Status status = ListOne(session, *selector, listing);
      if (!status.ok()) return session.Fail(status);
    }
    listing.End(session.unreachable());
    if (more_) session.Note(absl::StrCat("there are more: cut at --limit ", limit_));
    return session.Conclude(Exit::kOk);
  }

 private:
  absl::Status ListOne(Session& session, const v1::Selector& selector, Listing& listing) {
    v1::ListConnectionsRequest request;
    *request.mutable_selector() = selector;
    request.set_scope(session.scope());
    request.set_page_size(kPageSize);
    for (;;) {
      auto page = session.client().Ask(request);
      if (!page.ok()) return page.status();
      session.AddUnreachable(page->unreachable());
      for (const v1::Connection& connection : page->connections()) {
        if (limit_ > 0 && shown_ == limit_) {
          more_ = true;
          return absl::OkStatus();
        }
        Row row = ConnectionRow(connection);
        if (all_spaces_) row.insert(row.begin(), connection.namespace_());
        listing.Add(connection, std::move(row));
        ++shown_;
      }
      listing.Turn();
      if (page->next_page_token().empty()) return absl::OkStatus();
      request.set_page_token(page->next_page_token());
    }
  }

  SelectorFlags selector_;
  bool all_spaces_ = false;
  uint64_t limit_ = 0;
  uint64_t shown_ = 0;
  bool more_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeConnectionsList() { return std::make_unique<ConnectionsList>(); }

}  // namespace sluice::ctl
