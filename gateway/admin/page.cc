// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/page.h"

#include <utility>

namespace sluice::admin {

Completion::Completion(Sink sink) : sink_(std::move(sink)) {}

Completion::~Completion() { Tell(std::nullopt); }

Completion::Completion(Completion&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}

Completion& Completion::operator=(Completion&& other) noexcept {
  if (this == &other) return *this;
  Tell(std::nullopt);
  sink_ = std::exchange(other.sink_, nullptr);
  return *this;
}

void Completion::operator()(Answer answer) && { Tell(std::move(answer)); }

void Completion::Tell(std::optional<Answer> answer) {
  if (Sink sink = std::exchange(sink_, nullptr)) std::move(sink)(std::move(answer));
}

void Ask(const Pages& pages, const Request& request, Completion done) {
  const auto page = pages.find(request.target.substr(0, request.target.find('?')));
  if (page == pages.end()) return std::move(done)({.status = 404, .body = "not found\n"});
  if (request.method != "GET" && request.method != "HEAD") {
    return std::move(done)({.status = 405, .body = "only GET and HEAD\n"});
  }
  page->second(request, std::move(done));
}

}  // namespace sluice::admin
