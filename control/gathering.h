// SPDX-License-Identifier: Apache-2.0
//
// One request while it is carried out on this node and on others: what of it does not depend on
// its verb is compiled once. Home thread only, but for its beginning.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "control/envelope.h"
#include "control/node.h"
#include "control/parts.h"
#include "control/status.h"

namespace sluice::control {

template <typename Response>
using PartsDone = absl::AnyInvocable<void(absl::StatusOr<Parts<Response>>)>;

template <typename Response>
Parts<Response> ParseParts(Parts<std::string> replies) {
  Parts<Response> parts;
  for (auto& [node, reply] : replies.parts) {
    parts.parts.push_back({std::move(node), ParseAs<Response>(std::move(reply))});
  }
  parts.unreachable = std::move(replies.unreachable);
  return parts;
}

class Gathering {
 public:
  virtual ~Gathering() = default;

  // The other nodes are asked, too: it ends when they and this one have answered.
  void AwaitPeers() { ++open_; }
  void OnPeers(Parts<std::string> peers) {
    peers_ = std::move(peers);
    CloseOne();
  }
  // Carries it out here. `self` is this, and keeps it alive.
  virtual void RunHere(std::shared_ptr<Gathering> self) = 0;
  // Instead of all that.
  virtual void Refuse(absl::Status status) = 0;

 protected:
  void CloseOne() {
    if (--open_ == 0) End(std::move(peers_));
  }

 private:
  virtual void End(Parts<std::string> peers) = 0;

  int open_ = 1;
  Parts<std::string> peers_;
};

template <typename Verb>
class GatheringOf final : public Gathering {
 public:
  using Response = typename Verb::Response;

  GatheringOf(const Node& node, Verb verb, PartsDone<Response> done)
      : node_(node), verb_(std::move(verb)), done_(std::move(done)) {}

  void RunHere(std::shared_ptr<Gathering> self) override {
    std::move(verb_).Run(node_, [this, self = std::move(self)](absl::StatusOr<Response> answer) {
      mine_ = std::move(answer);
      CloseOne();
    });
  }
  void Refuse(absl::Status status) override { done_(std::move(status)); }

 private:
  void End(Parts<std::string> peers) override {
    Parts<Response> parts = ParseParts<Response>(std::move(peers));
    parts.parts.insert(parts.parts.begin(), {node_.name, std::move(mine_)});
    parts.bytes_max = node_.limits.response_bytes;
    done_(std::move(parts));
  }

  const Node& node_;
  Verb verb_;
  PartsDone<Response> done_;
  absl::StatusOr<Response> mine_ = ShuttingDown();
};

}  // namespace sluice::control
