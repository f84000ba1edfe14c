// SPDX-License-Identifier: Apache-2.0
#include "control/queries.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/shard.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

v1::ListConnectionsResponse ToPageOf(std::vector<std::vector<hub::ConnectionView>> parts,
                                     const std::string& node, size_t size, uint64_t fingerprint) {
  std::vector<hub::ConnectionView> all;
  for (auto& part : parts) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  v1::ListConnectionsResponse response;
  if (all.size() > size) {
    all.resize(size);
    response.set_next_page_token(text::ToUtf8(MakePageToken(all.back().id, fingerprint)));
  }
  for (auto& view : all) *response.add_connections() = ToProto(std::move(view), node);
  return response;
}

}  // namespace

absl::StatusOr<CountVerb> CountVerb::Make(const Node& node, const Request& request) {
  auto selector = ToSelector(request.selector(), node.name, node.limits);
  if (!selector.ok()) return selector.status();
  return CountVerb(*std::move(selector));
}

void CountVerb::Run(const Node& node, Done<Response> done) && {
  OnShards<Response>(
      node,
      [selector = std::move(selector_)](hub::Shard& shard, Now) { return shard.Count(selector); },
      [](std::vector<uint64_t> counts) {
        Response response;
        for (uint64_t count : counts) response.set_connections(response.connections() + count);
        return response;
      },
      std::move(done));
}

absl::StatusOr<CountVerb::Response> CountVerb::Merge(const Request&, Parts<Response> parts) {
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
  OnShards<Response>(
      node,
      [selector = std::move(selector_), after = std::move(page_.after), size](
          hub::Shard& shard, Now) { return shard.List(selector, after, size + 1); },
      [name = node.name, size,
       fingerprint = fingerprint_](std::vector<std::vector<hub::ConnectionView>> parts) {
        return ToPageOf(std::move(parts), name, size, fingerprint);
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
  std::vector<v1::Connection> all;
  bool more = false;
  for (Response& answer : *answers) {
    more |= !answer.next_page_token().empty();
    for (auto& connection : *answer.mutable_connections()) all.push_back(std::move(connection));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id() < b.id(); });
  Response response;
  if (all.size() > page->size) {
    all.resize(page->size);
    more = true;
  }
  if (more && !all.empty())
    response.set_next_page_token(text::ToUtf8(MakePageToken(all.back().id(), fingerprint)));
  for (auto& connection : all) *response.add_connections() = std::move(connection);
  AddUnreachable(parts.unreachable, response);
  return response;
}

absl::StatusOr<v1::ListConnectionsRequest> ToList(const v1::GetConnectionRequest& request) {
  auto status = CheckNamespace(request.namespace_(), "namespace");
  if (!status.ok()) return status;
  if (!IsName(request.connection_id(), kNameMax)) {
    return Invalid("FIELD_INVALID", "connection_id",
                   "a connection id has 1 to 255 bytes and no control characters");
  }
  v1::ListConnectionsRequest list;
  list.mutable_selector()->set_namespace_(request.namespace_());
  list.mutable_selector()->add_connection_ids(request.connection_id());
  list.set_page_size(1);
  return list;
}

absl::StatusOr<v1::Connection> FromList(v1::ListConnectionsResponse response) {
  if (!response.connections().empty()) return std::move(*response.mutable_connections(0));
  if (response.unreachable().empty()) {
    return Error(absl::StatusCode::kNotFound, "CONNECTION_NOT_FOUND", "no such connection",
                 "connection_id");
  }
  return WithRetry(Error(absl::StatusCode::kUnavailable, "NODES_UNREACHABLE",
                         "not found on the nodes that answered, and not all did"),
                   absl::Seconds(1));
}

}  // namespace sluice::control
