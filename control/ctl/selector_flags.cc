// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/selector_flags.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::ctl {
namespace {

using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr std::string_view kDialect = "DIALECT_";

std::vector<std::string> DialectNames() {
  std::vector<std::string> names;
  for (int i = v1::Dialect_MIN + 1; i <= v1::Dialect_MAX; ++i) {
    names.push_back(DialectName(static_cast<v1::Dialect>(i)));
  }
  return names;
}

void FillTime(absl::Time time, Timestamp* into) {
  *into = TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

absl::Status ReadTime(const std::string& flag, const std::string& text, Timestamp* into) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": use a time such as 2026-01-31T12:00:00Z"));
  }
  FillTime(time, into);
  return absl::OkStatus();
}

absl::Status FillTimes(const std::string& text, const std::string& flag,
                       std::optional<absl::Duration> ago, const std::string& ago_flag,
                       absl::Time date, Timestamp* (*into)(v1::Selector*), v1::Selector* selector) {
  if (!text.empty() && ago) {
    return absl::InvalidArgumentError(absl::StrCat(flag, " and ", ago_flag, ": one of them"));
  }
  if (ago) FillTime(date - *ago, into(selector));
  return text.empty() ? absl::OkStatus() : ReadTime(flag, text, into(selector));
}

}  // namespace

std::string DialectName(v1::Dialect dialect) {
  std::string name = v1::Dialect_Name(dialect);
  if (name.size() <= kDialect.size()) return absl::StrCat(static_cast<int>(dialect));
  return absl::AsciiStrToLower(absl::StrReplaceAll(name.substr(kDialect.size()), {{"_", "-"}}));
}

bool IsWholeNamespace(const v1::Selector& selector) {
  v1::Selector whole;
  whole.set_namespace_(selector.namespace_());
  v1::Selector given = selector;
  given.clear_except();
  return whole.SerializeAsString() == given.SerializeAsString();
}

void SelectorFlags::Declare(Flags& flags) {
  flags.Texts("--id", "ID", "connections with these ids", &ids_);
  flags.Texts("--user", "USER", "everything that these users hold open", &users_);
  flags.Texts("--channel", "NAME", "members of any of these channels", &channels_);
  std::vector<std::string> names = DialectNames();
  flags.Add({"--dialect", "WORD", "connections that speak one of these dialects", false, true,
             names, [this, names](const std::string& text) {
               dialects_.push_back(text);
               for (const std::string& name : names) {
                 if (name == text) return absl::OkStatus();
               }
               return absl::InvalidArgumentError("no such dialect");
             }});
  flags.Texts("--node", "NAME", "connections that these nodes hold", &nodes_);
  flags.Texts("--label", "KEY=VALUE", "connections with all of these labels", &labels_);
  flags.Text("--opened-before", "WHEN", "opened before this time (RFC 3339)", &before_);
  flags.Text("--opened-after", "WHEN", "opened at this time or after it", &after_);
  flags.Duration("--older-than", "opened longer ago than this", &older_than_);
  flags.Duration("--younger-than", "opened so long ago at most", &younger_than_);
  flags.Whole("--share", "PERCENT", "a stable share of them", 1, 100, &share_);
  flags.Texts("--except-id", "ID", "but not these connections", &except_ids_);
  flags.Texts("--except-user", "USER", "but nothing of these users", &except_users_);
  flags.Switch("--all", "the whole namespace, where nothing else restricts it", &all_);
}

absl::StatusOr<v1::Selector> SelectorFlags::Build(const std::string& space, absl::Time date) const {
  v1::Selector selector;
  selector.set_namespace_(space);
  for (const std::string& id : ids_) selector.add_connection_ids(id);
  for (const std::string& user : users_) selector.add_user_ids(user);
  for (const std::string& channel : channels_) selector.add_channels(channel);
  for (const std::string& node : nodes_) selector.add_nodes(node);
  for (const std::string& name : dialects_) {
    for (int i = v1::Dialect_MIN + 1; i <= v1::Dialect_MAX; ++i) {
      const auto dialect = static_cast<v1::Dialect>(i);
      if (DialectName(dialect) == name) selector.add_dialects(dialect);
    }
  }
  for (const std::string& label : labels_) {
    const size_t cut = label.find('=');
    if (cut == 0 || cut == std::string::npos) {
      return absl::InvalidArgumentError("--label: use KEY=VALUE");
    }
    auto [found, added] =
        selector.mutable_labels()->insert({label.substr(0, cut), label.substr(cut + 1)});
    if (!added && found->second != label.substr(cut + 1)) {
      return absl::InvalidArgumentError("--label: one key cannot have two values");
    }
  }
  for (const std::string& id : except_ids_) selector.mutable_except()->add_connection_ids(id);
  for (const std::string& user : except_users_) selector.mutable_except()->add_user_ids(user);
  selector.set_sample_percent(static_cast<uint32_t>(share_));
  absl::Status status = FillTimes(
      before_, "--opened-before", older_than_, "--older-than", date,
      [](v1::Selector* s) { return s->mutable_connected_before(); }, &selector);
  if (!status.ok()) return status;
  status = FillTimes(
      after_, "--opened-after", younger_than_, "--younger-than", date,
      [](v1::Selector* s) { return s->mutable_connected_after(); }, &selector);
  if (!status.ok()) return status;
  if (all_ && !IsWholeNamespace(selector)) {
    return absl::InvalidArgumentError("--all: contradicts the flags that restrict it");
  }
  return selector;
}

}  // namespace sluice::ctl
