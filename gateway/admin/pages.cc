// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/pages.h"

#include <utility>

namespace sluice::admin {
namespace {

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

Answer Metrics(std::string text) { return {.type = kMetricsType, .body = std::move(text)}; }

Answer Ready(Readiness readiness) {
  return {readiness.ready ? 200 : 503, "application/json", std::move(readiness.detail)};
}

Answer Health(const std::string& sickness) {
  if (sickness.empty()) return {.body = "ok\n"};
  return {.status = 503, .body = sickness + "\n"};
}

}  // namespace

Pages NodePages(Sources sources) {
  Pages pages;
  pages["/metrics"] = [metrics = std::move(sources.metrics)](const Request&, Completion done) {
    std::move(done)(Metrics(metrics()));
  };
  pages["/readyz"] = [readiness = std::move(sources.readiness)](const Request&, Completion done) {
    std::move(done)(Ready(readiness()));
  };
  pages["/healthz"] = [sickness = std::move(sources.sickness)](const Request&, Completion done) {
    std::move(done)(Health(sickness()));
  };
  return pages;
}

}  // namespace sluice::admin
