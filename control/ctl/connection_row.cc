// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/connection_row.h"

#include <google/protobuf/util/time_util.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/ctl/selector_flags.h"

namespace sluice::ctl {

Row ConnectionHeader() {
  return {"ID",    "USER",     "DIALECT", "NODE",  "ADDRESS",
          "SINCE", "CHANNELS", "OUTBOX",  "CALLS", "LABELS"};
}

Row ConnectionRow(const v1::Connection& connection) {
  const std::map<std::string, std::string> labels(connection.labels().begin(),
                                                  connection.labels().end());
  return {connection.id(),
          connection.user(),
          DialectName(connection.dialect()),
          connection.node(),
          connection.remote_address(),
          TimeText(connection.connected_at()),
          absl::StrCat(connection.channel_count()),
          absl::StrCat(connection.outbox_bytes()),
          absl::StrCat(connection.calls_in_flight()),
          absl::StrJoin(labels, ",", absl::PairFormatter("="))};
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  google::protobuf::Timestamp whole;
  whole.set_seconds(time.seconds());
  return google::protobuf::util::TimeUtil::ToString(whole);
}

}  // namespace sluice::ctl
