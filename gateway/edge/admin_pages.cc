// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/admin_pages.h"

namespace sluice::edge {
namespace {

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string PathOf(const std::string& target) { return target.substr(0, target.find('?')); }

AdminAnswer Ready(const Readiness& readiness) {
  return {readiness.ready ? 200 : 503, "application/json", readiness.detail};
}

AdminAnswer Health(const std::string& sickness) {
  if (sickness.empty()) return {200, "text/plain; charset=utf-8", "ok\n"};
  return {503, "text/plain; charset=utf-8", sickness + "\n"};
}

}  // namespace

AdminAnswer AnswerAdmin(const AdminPages& pages, const std::string& method,
                        const std::string& target) {
  std::string path = PathOf(target);
  bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known) return {404, "text/plain; charset=utf-8", "not found\n"};
  if (method != "GET" && method != "HEAD") {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  }
  if (path == "/metrics") return {200, kMetricsType, pages.metrics()};
  if (path == "/readyz") return Ready(pages.readiness());
  return Health(pages.sickness());
}

}  // namespace sluice::edge
