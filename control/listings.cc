// SPDX-License-Identifier: Apache-2.0
#include "control/listings.h"

#include <map>
#include <set>
#include <vector>

#include "control/selector.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/shard.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

// What namespaces have in common: they are listed by nothing.
constexpr uint64_t kNoSelector = 0;

uint64_t FingerprintOf(const v1::ListChannelsRequest& request) {
  v1::ListChannelsRequest subject;
  subject.set_namespace_(request.namespace_());
  return Fingerprint(subject);
}

// The first `size` of `counts` by name go to `add`; the token to go on with, if there are more.
template <typename Add>
std::string TakePage(const std::map<std::string, uint64_t>& counts, size_t size, bool more,
                     uint64_t fingerprint, Add add) {
  std::string last;
  size_t taken = 0;
  for (const auto& [name, count] : counts) {
    if (taken == size) return MakePageToken(last, fingerprint);
    add(name, count);
    last = name;
    ++taken;
  }
  return more && taken > 0 ? MakePageToken(last, fingerprint) : "";
}

std::map<std::string, uint64_t> AddUp(std::vector<std::vector<hub::NamedCount>> parts) {
  std::map<std::string, uint64_t> counts;
  for (auto& part : parts) {
    for (hub::NamedCount& named : part) counts[std::move(named.name)] += named.count;
  }
  return counts;
}

void Fill(const std::map<std::string, uint64_t>& counts, size_t size, bool more,
          v1::ListNamespacesResponse& response) {
  response.set_next_page_token(text::ToUtf8(
      TakePage(counts, size, more, kNoSelector, [&](const std::string& name, uint64_t count) {
        auto* added = response.add_namespaces();
        added->set_name(text::ToUtf8(name));
        added->set_connections(count);
      })));
}

void Fill(const std::map<std::string, uint64_t>& counts, size_t size, bool more,
          uint64_t fingerprint, v1::ListChannelsResponse& response) {
  response.set_next_page_token(text::ToUtf8(
      TakePage(counts, size, more, fingerprint, [&](const std::string& name, uint64_t count) {
        auto* added = response.add_channels();
        added->set_name(text::ToUtf8(name));
        added->set_connections(count);
      })));
}

// Served by whoever serves it on any node; protected if it is so anywhere.
void MergeMethods(const std::vector<v1::ListMethodsResponse>& answers,
                  v1::ListMethodsResponse& response) {
  struct Known {
    bool is_protected = false;
    std::set<std::string> workers;
    std::set<std::string> ejected;
  };
  std::map<std::string, Known> methods;
  for (const auto& answer : answers) {
    for (const auto& method : answer.methods()) {
      Known& known = methods[method.name()];
      known.is_protected |= method.protected_();
      known.workers.insert(method.workers().begin(), method.workers().end());
      known.ejected.insert(method.ejected_workers().begin(), method.ejected_workers().end());
    }
  }
  for (const auto& [name, known] : methods) {
    auto* added = response.add_methods();
    added->set_name(text::ToUtf8(name));
    added->set_protected_(known.is_protected);
    for (const std::string& worker : known.workers) added->add_workers(text::ToUtf8(worker));
    for (const std::string& worker : known.ejected) {
      added->add_ejected_workers(text::ToUtf8(worker));
    }
  }
}

void MergeEvents(const std::vector<v1::ListMethodsResponse>& answers,
                 v1::ListMethodsResponse& response) {
  std::map<std::string, bool> events;
  for (const auto& answer : answers) {
    for (const auto& event : answer.events()) events[event.name()] |= event.protected_();
  }
  for (const auto& [name, is_protected] : events) {
    auto* added = response.add_events();
    added->set_name(text::ToUtf8(name));
    added->set_protected_(is_protected);
  }
}

}  // namespace

absl::StatusOr<ListNamespacesVerb> ListNamespacesVerb::Make(const Node&, const Request& request) {
  auto page = ToPage(request.page_size(), request.page_token(), kNoSelector);
  if (!page.ok()) return page.status();
  ListNamespacesVerb verb;
  verb.page_ = *std::move(page);
  return verb;
}

void ListNamespacesVerb::Run(const Node& node, Done<Response> done) && {
  size_t size = page_.size;
  OnShards<Response>(
      node,
      [after = std::move(page_.after), size](hub::Shard& shard, Now) {
        return shard.Namespaces(after, size + 1);
      },
      [size](std::vector<std::vector<hub::NamedCount>> parts) {
        Response response;
        Fill(AddUp(std::move(parts)), size, false, response);
        return response;
      },
      std::move(done));
}

absl::StatusOr<ListNamespacesVerb::Response> ListNamespacesVerb::Merge(const Request& request,
                                                                       Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  auto page = ToPage(request.page_size(), request.page_token(), kNoSelector);
  if (!page.ok()) return page.status();
  std::map<std::string, uint64_t> counts;
  bool more = false;
  for (const Response& answer : *answers) {
    more |= !answer.next_page_token().empty();
    for (const auto& space : answer.namespaces()) counts[space.name()] += space.connections();
  }
  Response response;
  Fill(counts, page->size, more, response);
  AddUnreachable(parts.unreachable, response);
  return response;
}

absl::StatusOr<ListChannelsVerb> ListChannelsVerb::Make(const Node&, const Request& request) {
  auto status = CheckNamespace(request.namespace_(), "namespace");
  if (!status.ok()) return status;
  ListChannelsVerb verb;
  verb.fingerprint_ = FingerprintOf(request);
  auto page = ToPage(request.page_size(), request.page_token(), verb.fingerprint_);
  if (!page.ok()) return page.status();
  verb.space_ = request.namespace_();
  verb.page_ = *std::move(page);
  return verb;
}

void ListChannelsVerb::Run(const Node& node, Done<Response> done) && {
  size_t size = page_.size;
  OnShards<Response>(
      node,
      [space = std::move(space_), after = std::move(page_.after), size](hub::Shard& shard, Now) {
        return shard.Channels(space, after, size + 1);
      },
      [size, fingerprint = fingerprint_](std::vector<std::vector<hub::NamedCount>> parts) {
        Response response;
        Fill(AddUp(std::move(parts)), size, false, fingerprint, response);
        return response;
      },
      std::move(done));
}

absl::StatusOr<ListChannelsVerb::Response> ListChannelsVerb::Merge(const Request& request,
                                                                   Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  uint64_t fingerprint = FingerprintOf(request);
  auto page = ToPage(request.page_size(), request.page_token(), fingerprint);
  if (!page.ok()) return page.status();
  std::map<std::string, uint64_t> counts;
  bool more = false;
  for (const Response& answer : *answers) {
    more |= !answer.next_page_token().empty();
    for (const auto& channel : answer.channels()) counts[channel.name()] += channel.connections();
  }
  Response response;
  Fill(counts, page->size, more, fingerprint, response);
  AddUnreachable(parts.unreachable, response);
  return response;
}

absl::StatusOr<ListMethodsVerb> ListMethodsVerb::Make(const Node&, const Request& request) {
  auto status = CheckNamespace(request.namespace_(), "namespace");
  if (!status.ok()) return status;
  ListMethodsVerb verb;
  verb.space_ = request.namespace_();
  return verb;
}

void ListMethodsVerb::Run(const Node& node, Done<Response> done) && {
  node.shards.Post(0, [space = std::move(space_), &home = node.home, done = std::move(done)](
                          hub::Shard& shard, Now) mutable {
    home.Post([view = shard.Methods(space), done = std::move(done)](Now) mutable {
      done(ToProto(std::move(view)));
    });
  });
}

absl::StatusOr<ListMethodsVerb::Response> ListMethodsVerb::Merge(const Request&,
                                                                 Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  if (answers->size() == 1) return std::move(answers->front());
  Response response;
  MergeMethods(*answers, response);
  MergeEvents(*answers, response);
  return response;
}

}  // namespace sluice::control
