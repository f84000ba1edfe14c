// SPDX-License-Identifier: Apache-2.0
//
// What the admin port serves, and its answers as values.
#pragma once

#include <functional>
#include <string>

namespace sluice::edge {

struct Readiness {
  bool ready = true;
  std::string detail;  // JSON, for people and for `kubectl describe`
};

// What the admin port shows. Called on its thread.
struct AdminPages {
  std::function<std::string()> metrics;  // Prometheus's text format
  std::function<Readiness()> readiness;
  // What is wrong that a restart would mend, one line; empty: nothing.
  std::function<std::string()> sickness;
};

struct AdminAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

// What a request for `target` by `method` is answered with.
AdminAnswer AnswerAdmin(const AdminPages& pages, const std::string& method,
                        const std::string& target);

}  // namespace sluice::edge
