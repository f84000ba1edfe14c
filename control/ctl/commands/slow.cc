// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

// More waits in its outbox; among equals, by id, so that the answer is always the same.
bool Slower(const v1::Connection& a, const v1::Connection& b) {
  if (a.outbox_bytes() != b.outbox_bytes()) return a.outbox_bytes() > b.outbox_bytes();
  return a.id() < b.id();
}

class Slow : public Command {
 public:
  Slow() : Command("slow", "Connections with the most in their outboxes: who reads too slowly.") {}

  void Declare(Flags& flags) override {
    selector_.Declare(flags);
    DeclareAllSpaces(flags, &all_spaces_);
    flags.Whole("--top", "COUNT", "so many of them (20)", 1, 10000, &top_);
    flags.Whole("--min-bytes", "BYTES", "only those with so much in their outbox (1)", 0,
                UINT32_MAX, &min_bytes_);
  }

  Exit Run(Session& session) override {
    auto spaces = SpacesOf(session, all_spaces_);
    if (!spaces.ok()) return session.Fail(spaces.status());
    for (const std::string& space : *spaces) {
      auto selector = selector_.Build(space, ReadClocks().date);
      if (!selector.ok()) return session.Usage(std::string(selector.status().message()));
      v1::ListConnectionsRequest request;
      *request.mutable_selector() = *std::move(selector);
      absl::Status status = ForEachPage(session, request, [&](v1::ListConnectionsResponse& page) {
        session.AddUnreachable(page.unreachable());
        for (auto& connection : *page.mutable_connections()) Keep(std::move(connection));
      });
      if (!status.ok()) return session.Fail(status);
    }
    std::sort(kept_.begin(), kept_.end(), Slower);
    Listing listing(session.out, {"OUTBOX", "NAMESPACE", "ID", "USER", "NODE", "ADDRESS", "SINCE"});
    listing.Section("connections");
    for (const v1::Connection& one : kept_) {
      listing.Add(one, {absl::StrCat(one.outbox_bytes()), one.namespace_(), one.id(), one.user(),
                        one.node(), one.remote_address(), TimeText(one.connected_at())});
    }
    listing.End(session.unreachable());
    return session.Conclude(kept_.empty() ? Exit::kNothing : Exit::kOk);
  }

 private:
  // A heap of the slowest so far, with the least slow of them in front.
  void Keep(v1::Connection connection) {
    if (connection.outbox_bytes() < min_bytes_) return;
    if (kept_.size() == top_) {
      if (!Slower(connection, kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end(), Slower);
      kept_.pop_back();
    }
    kept_.push_back(std::move(connection));
    std::push_heap(kept_.begin(), kept_.end(), Slower);
  }

  SelectorFlags selector_;
  bool all_spaces_ = false;
  uint64_t top_ = 20;
  uint64_t min_bytes_ = 1;
  std::vector<v1::Connection> kept_;
};

}  // namespace

std::unique_ptr<Command> MakeSlow() { return std::make_unique<Slow>(); }

}  // namespace sluice::ctl
