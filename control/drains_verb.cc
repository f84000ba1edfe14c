// SPDX-License-Identifier: Apache-2.0
#include "control/drains_verb.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "control/drain_book.h"
#include "control/drain_shares.h"
#include "control/drain_verbs.h"
#include "storage/executor.h"
#include "text/utf8.h"

namespace sluice::control {
namespace {

// What lists of drains have in common: they are listed by nothing.
constexpr uint64_t kNoSelector = 0;

// A selector may hold thousands of ids, and a page a thousand drains.
void KeepNamespaceAlone(v1::Selector& selector) {
  std::string space = std::move(*selector.mutable_namespace_());
  selector.Clear();
  selector.set_namespace_(text::ToUtf8(std::move(space)));
}

// The first `size` of those go into the response, and how to go on if there are more.
void TakePage(std::vector<v1::Drain> drains, size_t size, bool more,
              v1::ListDrainsResponse& response) {
  more |= drains.size() > size;
  if (drains.size() > size) drains.resize(size);
  if (more && !drains.empty()) {
    response.set_next_page_token(text::ToUtf8(MakePageToken(drains.back().id(), kNoSelector)));
  }
  for (v1::Drain& drain : drains) *response.add_drains() = std::move(drain);
}

}  // namespace

absl::StatusOr<ListDrainsVerb> ListDrainsVerb::Make(const Node&, const Request& request) {
  auto page = ToPage(request.page_size(), request.page_token(), kNoSelector);
  if (!page.ok()) return page.status();
  ListDrainsVerb verb;
  verb.page_ = *std::move(page);
  verb.local_ = request.scope() == v1::SCOPE_LOCAL;
  return verb;
}

void ListDrainsVerb::Run(const Node& node, Done<Response> done) && {
  node.home.Post(
      [&book = node.drains, verb = std::move(*this), done = std::move(done)](Now) mutable {
        std::vector<v1::Drain> drains = book.List(verb.page_.after, verb.page_.size + 1);
        for (v1::Drain& drain : drains) {
          KeepNamespaceAlone(*drain.mutable_selector());
          if (verb.local_) drain = OwnPart(std::move(drain));
        }
        Response response;
        TakePage(std::move(drains), verb.page_.size, false, response);
        done(std::move(response));
      });
}

// Each node told the first of its own, so the first of all are among them.
absl::StatusOr<ListDrainsVerb::Response> ListDrainsVerb::Merge(const Request& request,
                                                               Parts<Response> parts) {
  std::map<std::string, Parts<v1::Drain>> by_id;
  bool more = false;
  for (auto& [node, response] : parts.parts) {
    if (!response.ok()) continue;
    more |= !response->next_page_token().empty();
    for (v1::Drain& drain : *response->mutable_drains()) {
      std::string id = drain.id();
      by_id[id].parts.push_back({node, std::move(drain)});
    }
  }
  auto answers = Settle(parts);
  if (!answers.ok()) return answers.status();
  auto page = ToPage(request.page_size(), request.page_token(), kNoSelector);
  if (!page.ok()) return page.status();
  std::vector<v1::Drain> drains;
  for (auto& [id, own] : by_id) {
    own.unreachable = parts.unreachable;
    auto drain = MergeDrains(std::move(own));
    if (drain.ok()) drains.push_back(*std::move(drain));
  }
  Response response;
  TakePage(std::move(drains), page->size, more, response);
  AddUnreachable(parts.unreachable, response);
  return response;
}

}  // namespace sluice::control
