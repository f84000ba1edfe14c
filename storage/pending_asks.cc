// SPDX-License-Identifier: Apache-2.0
#include "storage/pending_asks.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::storage {

void Tell(EndedAsks asks) {
  for (EndedAsk& ask : asks) {
    ask.home->Post([done = std::move(ask.done), replies = std::move(ask.replies)](Now now) mutable {
      done(std::move(replies), now);
    });
  }
}

namespace {

EndedAsks JustOne(EndedAsk ask) {
  EndedAsks asks;
  asks.push_back(std::move(ask));
  return asks;
}

}  // namespace

uint64_t PendingAsks::Begin(std::set<std::string> nodes, Executor& home, Broker::Done done) {
  asks_.emplace(next_, Ask{.home = &home, .done = std::move(done), .awaited = std::move(nodes)});
  return next_++;
}

void PendingAsks::SetDeadline(uint64_t id, Instant deadline) {
  auto ask = asks_.find(id);
  if (ask != asks_.end()) ask->second.deadline = deadline;
}

EndedAsks PendingAsks::Reply(uint64_t id, const std::string& node, std::string payload) {
  auto ask = asks_.find(id);
  if (ask == asks_.end() || ask->second.awaited.erase(node) == 0) return {};
  ask->second.replies.push_back({node, std::move(payload)});
  return EndIfComplete(ask);
}

EndedAsks PendingAsks::Lose(uint64_t id, const std::string& node) {
  auto ask = asks_.find(id);
  if (ask == asks_.end() || ask->second.awaited.erase(node) == 0) return {};
  ask->second.lost.insert(node);
  return EndIfComplete(ask);
}

EndedAsks PendingAsks::Fail(uint64_t id) {
  auto ask = asks_.find(id);
  if (ask == asks_.end()) return {};
  return JustOne(End(ask));
}

EndedAsks PendingAsks::LoseAll(const std::string& node) {
  EndedAsks ended;
  for (auto ask = asks_.begin(); ask != asks_.end();) {
    const uint64_t id = (ask++)->first;
    for (EndedAsk& complete : Lose(id, node)) ended.push_back(std::move(complete));
  }
  return ended;
}

EndedAsks PendingAsks::Expire(Instant now) {
  EndedAsks ended;
  for (auto ask = asks_.begin(); ask != asks_.end();) {
    const auto due = ask++;
    if (due->second.deadline <= now) ended.push_back(End(due));
  }
  return ended;
}

EndedAsks PendingAsks::EndIfComplete(Asks::iterator ask) {
  if (!ask->second.awaited.empty()) return {};
  return JustOne(End(ask));
}

EndedAsk PendingAsks::End(Asks::iterator ask) {
  Ask ending = std::move(asks_.extract(ask).mapped());
  ending.lost.merge(ending.awaited);
  Replies replies{.replies = std::move(ending.replies),
                  .unreachable = {ending.lost.begin(), ending.lost.end()}};
  return {ending.home, std::move(ending.done), std::move(replies)};
}

EndedAsks NeverAsked(const std::set<std::string>& nodes, Executor& home, Broker::Done done) {
  Replies replies{.replies = {}, .unreachable = {nodes.begin(), nodes.end()}};
  return JustOne({&home, std::move(done), std::move(replies)});
}

absl::Status CheckMessageBytes(size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a message of ", bytes, " bytes; --cluster-message-bytes allows ", bytes_max));
}

}  // namespace sluice::storage
