// SPDX-License-Identifier: Apache-2.0
#include "control/queries.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "control/done.h"
#include "control/list_part.h"
#include "control/on_shards.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/views.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

v1::ListConnectionsResponse ToPageOf(std::vector<hub::ConnectionPage> pages,
                                     const std::string& node, size_t size, size_t bytes_max,
                                     uint64_t fingerprint) {
  std::vector<ListPart<hub::ConnectionView>> parts;
  for (hub::ConnectionPage& page : pages) {
    const bool more = page.more;
    parts.push_back({std::move(page), more});
  }
  auto first = FirstOf(
      std::move(parts), size, bytes_max,
      [](const hub::ConnectionView& view) { return std::string_view(view.id); },
      [](const hub::ConnectionView& view) { return hub::SizeOf(view); });
  v1::ListConnectionsResponse response;
  if (first.more && !first.items.empty()) {
    response.set_next_page_token(text::ToUtf8(MakePageToken(first.items.back().id, fingerprint)));
  }
  for (auto& view : first.items) *response.add_connections() = ToProto(std::move(view), node);
  return response;
}

absl::Status NoSuchConnection() {
  return Error(absl::StatusCode::kNotFound, "CONNECTION_NOT_FOUND", "no such connection",
               "connection_id");
}

}  // namespace

absl::StatusOr<CountConnectionsVerb> CountConnectionsVerb::Make(const Node& node,
                                                                const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  return CountConnectionsVerb(*std::move(selector));
}

void CountConnectionsVerb::Run(const Node& node, Done<Response> done) && {
  OnShards<Response>(
      node,
      [selector = std::move(selector_)](hub::Shard& shard, Now) {
        return shard.views().Count(selector);
      },
      [](std::vector<uint64_t> counts) {
        Response response;
        for (uint64_t count : counts) response.set_connections(response.connections() + count);
        return response;
      },
      std::move(done));
}

absl::StatusOr<CountConnectionsVerb::Response> CountConnectionsVerb::Merge(const Request&,
                                                                           Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  Response total;
  for (const Response& answer : *answers) {
    total.set_connections(total.connections() + answer.connections());
  }
  AddUnreachable(parts.unreachable, total);
  return total;
}

absl::StatusOr<ListConnectionsVerb> ListConnectionsVerb::Make(const Node& node,
                                                              const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  ListConnectionsVerb verb;
  verb.fingerprint_ = Fingerprint(request.selector());
  auto page = ToPage(request.page_size(), request.page_token(), verb.fingerprint_);
  if (!page.ok()) return page.status();
  verb.selector_ = *std::move(selector);
  verb.page_ = *std::move(page);
  return verb;
}

void ListConnectionsVerb::Run(const Node& node, Done<Response> done) && {
  size_t size = page_.size;
  size_t bytes_max = node.limits.response_bytes;
  OnShards<Response>(
      node,
      [selector = std::move(selector_), after = std::move(page_.after), size, bytes_max](
          hub::Shard& shard, Now) { return shard.views().List(selector, after, size, bytes_max); },
      [name = node.name, size, bytes_max,
       fingerprint = fingerprint_](std::vector<hub::ConnectionPage> pages) {
        return ToPageOf(std::move(pages), name, size, bytes_max, fingerprint);
      },
      std::move(done));
}

absl::StatusOr<ListConnectionsVerb::Response> ListConnectionsVerb::Merge(const Request& request,
                                                                         Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  auto fingerprint = Fingerprint(request.selector());
  auto page = ToPage(request.page_size(), request.page_token(), fingerprint);
  if (!page.ok()) return page.status();
  std::vector<ListPart<v1::Connection>> lists;
  for (Response& answer : *answers) {
    auto* connections = answer.mutable_connections();
    lists.push_back(
        {{std::move_iterator(connections->begin()), std::move_iterator(connections->end())},
         !answer.next_page_token().empty()});
  }
  auto first = FirstOf(
      std::move(lists), page->size, parts.bytes_max,
      [](const v1::Connection& connection) { return std::string_view(connection.id()); },
      [](const v1::Connection& connection) { return connection.ByteSizeLong(); });
  Response response;
  if (first.more && !first.items.empty()) {
    response.set_next_page_token(text::ToUtf8(MakePageToken(first.items.back().id(), fingerprint)));
  }
  for (auto& connection : first.items) *response.add_connections() = std::move(connection);
  AddUnreachable(parts.unreachable, response);
  return response;
}

absl::StatusOr<GetConnectionVerb> GetConnectionVerb::Make(const Node&, const Request& request) {
  auto status = CheckNamespace(request.namespace_(), "namespace");
  if (!status.ok()) return status;
  if (!IsName(request.connection_id(), kNameMax)) {
    return Invalid("FIELD_INVALID", "connection_id",
                   "a connection id has 1 to 255 bytes and no control characters");
  }
  hub::Selector selector;
  selector.space = request.namespace_();
  selector.connections = {request.connection_id()};
  return GetConnectionVerb(std::move(selector));
}

void GetConnectionVerb::Run(const Node& node, Done<Response> done) && {
  using Pages = std::vector<hub::ConnectionPage>;
  OnShards<Response>(
      node,
      [selector = std::move(selector_), bytes_max = node.limits.response_bytes](
          hub::Shard& shard, Now) { return shard.views().List(selector, "", 1, bytes_max); },
      [name = node.name](Pages pages) -> absl::StatusOr<Response> {
        for (hub::ConnectionPage& page : pages) {
          if (!page.empty()) return ToProto(std::move(page.front()), name);
        }
        return NoSuchConnection();
      },
      std::move(done));
}

absl::StatusOr<GetConnectionVerb::Response> GetConnectionVerb::Merge(const Request&,
                                                                     Parts<Response> parts) {
  bool everybody = parts.unreachable.empty();
  for (auto& [node, answer] : parts.parts) {
    if (answer.ok()) return std::move(answer);
    everybody = everybody && absl::IsNotFound(answer.status());
  }
  if (everybody) return NoSuchConnection();
  return WithRetry(Error(absl::StatusCode::kUnavailable, "NODES_UNREACHABLE",
                         "not found on the nodes that answered, and not all did"),
                   absl::Seconds(1));
}

}  // namespace sluice::control
