// SPDX-License-Identifier: Apache-2.0
#include "control/listings.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "control/done.h"
#include "control/on_shards.h"
#include "control/selector.h"
#include "control/values.h"
#include "control/views.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/views.h"
#include "gateway/hub/workers.h"
#include "storage/executor.h"
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

// Methods stand before events.
constexpr char kMethod = 'm';
constexpr char kEvent = 'n';

constexpr size_t kAsManyAsFit = std::numeric_limits<size_t>::max();

uint64_t FingerprintOf(const std::string& space) {
  v1::ListMethodsRequest subject;
  subject.set_namespace_(text::ToUtf8(space));
  return Fingerprint(subject);
}

absl::StatusOr<Page> ToMethodsPage(const v1::ListMethodsRequest& request) {
  auto page =
      ToPage(request.page_size(), request.page_token(), FingerprintOf(request.namespace_()));
  if (!page.ok()) return page;
  const char kind = page->after.empty() ? kMethod : page->after.front();
  if (kind != kMethod && kind != kEvent) return PageTokenInvalid();
  if (request.page_size() == 0) page->size = kAsManyAsFit;
  return page;
}

// What a shard shows for a page: one more than fits, so that it is seen whether there is more.
hub::MethodsRange RangeOf(const Page& page, size_t bytes_max) {
  hub::MethodsRange range;
  if (!page.after.empty()) range.after = page.after.substr(1);
  range.events_alone = !page.after.empty() && page.after.front() == kEvent;
  range.limit = page.size == kAsManyAsFit ? page.size : page.size + 1;
  range.bytes_max = bytes_max;
  return range;
}

// Where a part ends.
std::string LastOf(const v1::ListMethodsResponse& part) {
  if (!part.events().empty()) return kEvent + part.events().rbegin()->name();
  return part.methods().empty() ? std::string() : kMethod + part.methods().rbegin()->name();
}

// What of `all` is on the page: as much as fits into both of its bounds, but at least one, and
// nothing behind `end`, unless that is empty: then the list goes on there.
v1::ListMethodsResponse PageOf(v1::ListMethodsResponse all, const std::string& space,
                               const Page& page, size_t bytes_max, const std::string& end = {}) {
  constexpr size_t kItemBytes = 4;  // its tag and its length
  v1::ListMethodsResponse response;
  bool more = !end.empty();
  bool full = false;
  size_t bytes = 0;
  size_t count = 0;
  auto take = [&](char kind, auto& items, auto* taken) {
    for (auto& item : items) {
      std::string key = kind + item.name();
      if (full || key <= page.after) continue;
      bytes += item.ByteSizeLong() + kItemBytes;
      bool fits = count < page.size && (count == 0 || bytes <= bytes_max);
      full = !fits || (!end.empty() && key > end);
      if (full) continue;
      *taken->Add() = std::move(item);
      ++count;
    }
  };
  take(kMethod, *all.mutable_methods(), response.mutable_methods());
  take(kEvent, *all.mutable_events(), response.mutable_events());
  if ((more || full) && count > 0) {
    response.set_next_page_token(
        text::ToUtf8(MakePageToken(LastOf(response), FingerprintOf(space))));
  }
  return response;
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
        return shard.views().Namespaces(after, size + 1);
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
        return shard.views().Channels(space, after, size + 1);
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
  auto page = ToMethodsPage(request);
  if (!page.ok()) return page.status();
  ListMethodsVerb verb;
  verb.space_ = request.namespace_();
  verb.page_ = *std::move(page);
  return verb;
}

void ListMethodsVerb::Run(const Node& node, Done<Response> done) && {
  size_t bytes_max = node.limits.response_bytes;
  node.shards.Post(0, [space = std::move(space_), page = std::move(page_), bytes_max,
                       &home = node.home, done = std::move(done)](hub::Shard& shard, Now) mutable {
    Response all = ToProto(shard.views().Methods(space, RangeOf(page, bytes_max)));
    home.Post([all = std::move(all), space = std::move(space), page = std::move(page), bytes_max,
               done = std::move(done)](Now) mutable {
      done(PageOf(std::move(all), space, page, bytes_max));
    });
  });
}

absl::StatusOr<ListMethodsVerb::Response> ListMethodsVerb::Merge(const Request& request,
                                                                 Parts<Response> parts) {
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  if (answers->size() == 1) return std::move(answers->front());
  auto page = ToMethodsPage(request);
  if (!page.ok()) return page.status();
  std::string end;
  for (const Response& answer : *answers) {
    if (answer.next_page_token().empty()) continue;
    std::string last = LastOf(answer);
    if (end.empty() || last < end) end = last;
  }
  Response all;
  MergeMethods(*answers, all);
  MergeEvents(*answers, all);
  return PageOf(std::move(all), request.namespace_(), *page, parts.bytes_max, end);
}

}  // namespace sluice::control
