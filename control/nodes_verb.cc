// SPDX-License-Identifier: Apache-2.0
#include "control/nodes_verb.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "control/done.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {

void ListNodesVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post([&node, done = std::move(done)](Now) mutable {
    const Node::Self self = node.self ? node.self() : Node::Self{};
    Response response;
    Response::Node& proto = *response.add_nodes();
    proto.set_name(text::ToUtf8(node.name));
    proto.set_epoch(text::ToUtf8(node.epoch));
    proto.set_version(text::ToUtf8(self.version));
    proto.set_control_address(text::ToUtf8(self.control_address));
    proto.set_connections(self.connections);
    proto.set_degraded(text::ToUtf8(self.degraded));
    done(std::move(response));
  });
}

absl::StatusOr<ListNodesVerb::Response> ListNodesVerb::Merge(const Request&,
                                                             Parts<Response> parts) {
  auto responses = Settle(parts);
  if (!responses.ok()) return responses.status();
  Response merged;
  for (Response& response : *responses) {
    for (auto& node : *response.mutable_nodes()) *merged.add_nodes() = std::move(node);
  }
  std::sort(merged.mutable_nodes()->begin(), merged.mutable_nodes()->end(),
            [](const Response::Node& a, const Response::Node& b) { return a.name() < b.name(); });
  AddUnreachable(parts.unreachable, merged);
  return merged;
}

}  // namespace sluice::control
