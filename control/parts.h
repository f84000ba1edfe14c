// SPDX-License-Identifier: Apache-2.0
//
// The responses of several nodes to one request, before they become one.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "text/utf8.h"

namespace sluice::control {

template <typename Response>
struct Part {
  std::string node;
  absl::StatusOr<Response> response;
};

template <typename Response>
struct Parts {
  std::vector<Part<Response>> parts;     // this node's first
  std::vector<std::string> unreachable;  // nodes that did not answer in time
  // What they may become together (--control-response-bytes).
  size_t bytes_max = std::numeric_limits<size_t>::max();
};

// The responses, for verbs that every node can carry out: an error of this node's is the rpc's,
// that of another makes it one that could not be reached.
template <typename Response>
absl::StatusOr<std::vector<Response>> Settle(Parts<Response>& parts) {
  std::vector<Response> responses;
  for (size_t i = 0; i < parts.parts.size(); ++i) {
    auto& [node, response] = parts.parts[i];
    if (response.ok()) {
      responses.push_back(*std::move(response));
    } else if (i == 0) {
      return response.status();
    } else {
      parts.unreachable.push_back(node);
    }
  }
  return responses;
}

template <typename Message>
void AddUnreachable(const std::vector<std::string>& nodes, Message& message) {
  for (const std::string& node : nodes) message.add_unreachable(text::ToUtf8(node));
}

}  // namespace sluice::control
