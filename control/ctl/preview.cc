// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/preview.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::ctl {
namespace {

constexpr int kFirst = 10;

}  // namespace

Exit Preview(Session& session, const v1::Selector& selector) {
  v1::CountConnectionsRequest count;
  *count.mutable_selector() = selector;
  count.set_scope(session.scope());
  auto counted = session.client().Ask(count);
  if (!counted.ok()) return session.Fail(counted.status());
  v1::ListConnectionsRequest list;
  *list.mutable_selector() = selector;
  list.set_scope(session.scope());
  list.set_page_size(kFirst);
  auto listed = session.client().Ask(list);
  if (!listed.ok()) return session.Fail(listed.status());
  session.AddUnreachable(counted->unreachable());
  session.AddUnreachable(listed->unreachable());

  Json first = Json::array();
  std::vector<Row> rows;
  for (const v1::Connection& connection : listed->connections()) {
    first.push_back(connection.id());
    rows.push_back({connection.id(), connection.user(), connection.node()});
  }
  const Json value = {{"matched", absl::StrCat(counted->connections())},
                      {"first", std::move(first)},
                      {"unreachable", session.unreachable()}};
  if (session.out.is_table()) {
    session.out.Write(absl::StrCat(counted->connections(), " matched\n"));
    if (rows.empty()) return session.Conclude(Exit::kNothing);
  }
  session.out.Show(value, {"ID", "USER", "NODE"}, rows);
  if (session.out.is_table() && counted->connections() > rows.size()) {
    session.out.Write(absl::StrCat("and ", counted->connections() - rows.size(), " more\n"));
  }
  return session.Conclude(counted->connections() == 0 ? Exit::kNothing : Exit::kOk);
}

}  // namespace sluice::ctl
