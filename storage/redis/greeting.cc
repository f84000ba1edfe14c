// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/greeting.h"

#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice::storage::redis {
namespace {

// Redis may repeat what it was sent in an error: of this one only the code is shown. What it says
// to whomever it does not let in it says before it has read anything.
absl::Status CheckAuth(const Reply& reply, Role, ServerFacts&) {
  if (!reply.is_error()) return absl::OkStatus();
  if (absl::StartsWith(reply.text, "ERR max number of clients") || reply.code() == "DENIED") {
    return absl::UnavailableError(reply.text);
  }
  return absl::PermissionDeniedError(
      absl::StrCat("Redis does not take the user and password: ", std::string(reply.code())));
}

absl::Status CheckOk(const Reply& reply, Role, ServerFacts&) { return StatusOf(reply); }

absl::Status CheckRole(const Reply& reply, Role role, ServerFacts&) {
  absl::StatusOr<absl::Span<const Reply>> parts = reply.Elements(1);
  if (!parts.ok()) return parts.status();
  const std::string& is = (*parts)[0].text;
  if (role == Role::kMember) return absl::OkStatus();
  absl::string_view wanted = role == Role::kMaster ? "master" : "sentinel";
  if (is == wanted) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the server is a ", is, ", not a ", wanted));
}

// Sharded channels came with 7.0; before 6.2, ROLE and the ACL know less than we rely on.
absl::Status CheckVersion(Role role, const std::string& version) {
  std::pair<int, int> least = role == Role::kMember ? std::pair(7, 0) : std::pair(6, 2);
  std::vector<absl::string_view> parts = absl::StrSplit(version, '.');
  std::pair<int, int> is;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &is.first) ||
      !absl::SimpleAtoi(parts[1], &is.second)) {
    return absl::UnavailableError("the server does not tell its version");
  }
  if (is >= least) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("Redis ", version, " is too old: ", least.first, ".",
                                             least.second, " or later is needed"));
}

// Takes what INFO tells, whichever part of it that is.
absl::Status ReadInfo(const Reply& reply, ServerFacts& facts) {
  absl::StatusOr<std::string_view> text = reply.Text();
  if (!text.ok()) return text.status();
  absl::string_view lines(text->data(), text->size());
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (absl::ConsumePrefix(&line, "run_id:")) facts.run_id = std::string(line);
    if (absl::ConsumePrefix(&line, "master_replid:")) facts.history = std::string(line);
    if (absl::ConsumePrefix(&line, "redis_version:")) facts.version = std::string(line);
  }
  return absl::OkStatus();
}

absl::Status CheckHistory(const Reply& reply, Role, ServerFacts& facts) {
  return ReadInfo(reply, facts);
}

absl::Status CheckInfo(const Reply& reply, Role role, ServerFacts& facts) {
  if (absl::Status status = ReadInfo(reply, facts); !status.ok()) return status;
  return CheckVersion(role, facts.version);
}

void AddAuth(std::string_view user, const std::string& password, std::vector<GreetingStep>& steps) {
  if (password.empty()) return;
  Args command = {"AUTH"};
  if (!user.empty()) command.emplace_back(user);
  command.push_back(password);
  steps.push_back({std::move(command), CheckAuth});
}

}  // namespace

std::vector<GreetingStep> MakeGreeting(const Options& options, Role role) {
  std::vector<GreetingStep> steps;
  if (role == Role::kSentinel) {
    AddAuth(options.sentinel_user, options.sentinel_password, steps);
  } else {
    AddAuth(options.url.user, options.url.password, steps);
    if (options.url.db != 0) steps.push_back({{"SELECT", absl::StrCat(options.url.db)}, CheckOk});
  }
  steps.push_back({{"PING"}, CheckOk});  // LOADING, while ROLE would be answered
  steps.push_back({{"ROLE"}, CheckRole});
  steps.push_back({{"INFO", "server"}, CheckInfo});
  if (role != Role::kSentinel) steps.push_back({{"INFO", "replication"}, CheckHistory});
  return steps;
}

}  // namespace sluice::storage::redis
