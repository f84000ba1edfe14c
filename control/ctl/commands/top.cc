// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "control/ctl/activity.h"
#include "control/ctl/commands.h"
#include "control/ctl/durations.h"
#include "control/ctl/pages.h"
#include "control/ctl/tail.h"
#include "storage/time.h"

namespace sluice::ctl {
namespace {

constexpr char kClear[] = "\x1b[H\x1b[2J\x1b[3J";

std::string PerSecond(uint64_t count, absl::Duration passed) {
  return absl::StrFormat("%.1f", static_cast<double>(count) / absl::ToDoubleSeconds(passed));
}

class Top : public Command {
 public:
  Top()
      : Command("top", "Connections, and what happens to them a second, by node and namespace.") {}

  void Declare(Flags& flags) override {
    flags.Duration("--interval", "between two tables (2s)", &interval_);
    flags.Whole("--rounds", "COUNT", "ends after so many tables (0: never)", 0, UINT32_MAX,
                &rounds_);
    flags.Whole("--top", "COUNT", "so many namespaces, the largest first (20)", 1, 1000, &top_);
  }

  Exit Run(Session& session) override {
    const absl::Duration interval = interval_.value_or(absl::Seconds(2));
    if (interval < absl::Milliseconds(100)) return session.Usage("--interval: use 100ms or more");
    EndOnInterrupt(session);
    absl::Status broken;
    std::thread watcher([&] {
      broken = Watch(session);
      Follow();
    });
    // What happened before it is followed is in no rate.
    followed_.WaitForNotificationWithTimeout(session.settings.timeout);
    const Exit exit = Rounds(session, interval);
    session.client().Cancel();
    watcher.join();
    if (exit == Exit::kOk && !session.interrupts.came() && !absl::IsCancelled(broken)) {
      return session.Fail(broken);
    }
    return session.Conclude(exit);
  }

 private:
  absl::Status Watch(Session& session) {
    v1::WatchEventsRequest request;
    request.set_left_together(true);
    request.set_scope(session.scope());
    for (auto type : {v1::ConnectionEvent::TYPE_OPENED, v1::ConnectionEvent::TYPE_CLOSED,
                      v1::ConnectionEvent::TYPE_TAKEN_OVER, v1::ConnectionEvent::TYPE_REFUSED,
                      v1::ConnectionEvent::TYPE_JOINED}) {
      request.add_types(type);
    }
    return session.client().Follow(request, [&](v1::WatchEventsResponse& message) {
      activity_.Add(message);
      Follow();
      return true;
    });
  }

  // On the watcher's thread.
  void Follow() {
    if (!followed_.HasBeenNotified()) followed_.Notify();
  }

  Exit Rounds(Session& session, absl::Duration interval) {
    Instant last = ReadClocks();
    for (uint64_t round = 1;; ++round) {
      if (session.interrupts.Wait(interval)) return Exit::kOk;
      const Instant now = ReadClocks();
      absl::Status status = Round(session, now - std::exchange(last, now));
      if (session.interrupts.came()) return Exit::kOk;
      if (!status.ok()) return session.Fail(status);
      if (round == rounds_) return Exit::kOk;
    }
  }

  absl::Status Round(Session& session, absl::Duration passed) {
    auto nodes = session.client().Ask(v1::ListNodesRequest());
    if (!nodes.ok()) return nodes.status();
    session.AddUnreachable(nodes->unreachable());
    std::vector<v1::ListNamespacesResponse::Namespace> spaces;
    v1::ListNamespacesRequest request;
    absl::Status status =
        ForEachPage(session, request, [&](const v1::ListNamespacesResponse& page) {
          spaces.insert(spaces.end(), page.namespaces().begin(), page.namespaces().end());
          session.AddUnreachable(page.unreachable());
        });
    if (!status.ok()) return status;
    std::sort(spaces.begin(), spaces.end(), [](const auto& a, const auto& b) {
      return std::pair(b.connections(), a.name()) < std::pair(a.connections(), b.name());
    });
    if (spaces.size() > top_) spaces.resize(top_);
    Show(session, *nodes, spaces, activity_.Take(), passed);
    return absl::OkStatus();
  }

  static Row RowOf(const std::string& name, uint64_t connections, const Activity::ByName& all,
                   absl::Duration passed) {
    auto found = all.find(name);
    const Happened happened = found == all.end() ? Happened{} : found->second;
    return {name,
            absl::StrCat(connections),
            PerSecond(happened.opened, passed),
            PerSecond(happened.closed, passed),
            PerSecond(happened.refused, passed),
            PerSecond(happened.joined, passed)};
  }

  static Row HeaderOf(std::string first) {
    return {std::move(first), "CONNECTIONS", "OPENED/s", "CLOSED/s", "REFUSED/s", "JOINED/s"};
  }

  static Json JsonOf(const Row& row) {
    return {{"name", row[0]},
            {"connections", row[1]},
            {"opened_per_second", row[2]},
            {"closed_per_second", row[3]},
            {"refused_per_second", row[4]},
            {"joined_per_second", row[5]}};
  }

  static void Show(Session& session, const v1::ListNodesResponse& nodes,
                   const std::vector<v1::ListNamespacesResponse::Namespace>& spaces,
                   const Activity::Both& happened, absl::Duration passed) {
    Table first(HeaderOf("NODE"), session.out.columns());
    Table second(HeaderOf("NAMESPACE"), session.out.columns());
    Json value = {{"nodes", Json::array()},
                  {"namespaces", Json::array()},
                  {"lost", absl::StrCat(happened.lost)},
                  {"unreachable", session.unreachable()}};
    for (const auto& node : nodes.nodes()) {
      Row row = RowOf(node.name(), node.connections(), happened.nodes, passed);
      value["nodes"].push_back(JsonOf(row));
      first.Add(std::move(row));
    }
    for (const auto& space : spaces) {
      Row row = RowOf(space.name(), space.connections(), happened.spaces, passed);
      value["namespaces"].push_back(JsonOf(row));
      second.Add(std::move(row));
    }
    if (!session.out.is_table()) {
      Table unused({}, 0);
      return session.out.Tail(value, unused, {});
    }
    std::string text = session.out.terminal() ? kClear : "";
    text += first.Take(true) + "\n" + second.Take(true);
    if (happened.lost > 0) text += absl::StrCat(happened.lost, " events lost: read too slowly\n");
    for (const std::string& node : session.unreachable()) text += node + " does not answer\n";
    if (!session.out.terminal()) text += "\n";
    session.out.Write(text);
  }

  Activity activity_;
  absl::Notification followed_;
  std::optional<absl::Duration> interval_;
  uint64_t rounds_ = 0;
  uint64_t top_ = 20;
};

}  // namespace

std::unique_ptr<Command> MakeTop() { return std::make_unique<Top>(); }

}  // namespace sluice::ctl
