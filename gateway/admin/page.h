// SPDX-License-Identifier: Apache-2.0
//
// What a page of the admin port is: a function that is handed the request and a completion. It may
// answer at once or later, from any thread; other requests go on meanwhile.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"

namespace sluice::admin {

struct Request {
  std::string method;  // "GET", "HEAD"
  std::string target;  // path and query
};

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

// Takes one answer: `std::move(done)(answer)`. If it is destroyed without one, the client gets 503.
// An answer that comes after --admin-timeout, after the client's connection was cut, or after the
// admin port has stopped is dropped, so a completion may be kept for as long as one likes. It
// belongs to one thread at a time, whichever.
class Completion {
 public:
  // Called once, on the thread that answers. Nothing: there will be no answer.
  using Sink = absl::AnyInvocable<void(std::optional<Answer>) &&>;

  explicit Completion(Sink sink);
  ~Completion();
  Completion(Completion&& other) noexcept;
  Completion& operator=(Completion&& other) noexcept;

  void operator()(Answer answer) &&;

 private:
  void Tell(std::optional<Answer> answer);

  Sink sink_;  // empty: it was told, or moved away
};

// Called on the admin port's thread, which it must not hold up: /healthz is answered there.
using Page = std::function<void(const Request& request, Completion done)>;

// By path: "/metrics".
using Pages = std::map<std::string, Page>;

// Asks the page of the request's path. Where there is none `done` gets 404, and 405 for a method
// that is not for reading.
void Ask(const Pages& pages, const Request& request, Completion done);

}  // namespace sluice::admin
