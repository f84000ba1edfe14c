// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/fault.h"

#include <array>

namespace sluice::hub {
namespace {

struct Entry {
  Fault fault;
  std::string_view label;
  std::string_view sentence;
};

// In the order of the enum. The first sentences are those that the clients in the field know.
constexpr std::array<Entry, kFaultCount> kEntries = {{
    {Fault::kParse, "parse", "Parse error"},
    {Fault::kInvalidRequest, "invalid_request", "Invalid Request"},
    {Fault::kMethodNotFound, "method_not_found", "Method not found"},
    {Fault::kInvalidParams, "invalid_params", "Invalid params"},
    {Fault::kMethodForbidden, "method_forbidden", "Method forbidden"},
    {Fault::kEventForbidden, "event_forbidden", "Event forbidden"},
    {Fault::kEventsMissing, "events_missing", "Event not provided"},
    {Fault::kLoginParamsMissing, "login_params_missing", "Params not found"},
    {Fault::kUnavailable, "unavailable", "No worker serves this method now"},
    {Fault::kWorkerLost, "worker_lost", "The worker left before it answered"},
    {Fault::kTimeout, "timeout", "No answer within the time limit"},
    {Fault::kOverloaded, "overloaded", "Too many calls wait for a worker"},
    {Fault::kTooManyCalls, "too_many_calls", "Too many calls are under way on this connection"},
    {Fault::kRateLimited, "rate_limited", "Too many commands a second on this connection"},
    {Fault::kRejected, "rejected", "No call with this id is awaited"},
    {Fault::kBlocked, "blocked", "Blocked by a guard"},
    {Fault::kIdTaken, "id_taken", "The id is in use"},
    {Fault::kTooLarge, "too_large", "The call is too large for its worker"},
    {Fault::kMessageTooLarge, "message_too_large", "The message is too large for --outbox-bytes"},
    {Fault::kApplication, "application", "Error"},
}};

constexpr bool InEnumOrder() {
  for (size_t i = 0; i < kEntries.size(); ++i) {
    if (static_cast<size_t>(kEntries[i].fault) != i) return false;
  }
  return true;
}
static_assert(InEnumOrder());

const Entry& EntryOf(Fault fault) { return kEntries[static_cast<size_t>(fault)]; }

}  // namespace

std::string_view FaultLabel(Fault fault) { return EntryOf(fault).label; }

bool MayRetry(Fault fault) {
  switch (fault) {
    case Fault::kUnavailable:
    case Fault::kOverloaded:
    case Fault::kTooManyCalls:
    case Fault::kRateLimited:
      return true;
    default:
      return false;
  }
}

CallError MakeError(Fault fault) {
  const Entry& entry = EntryOf(fault);
  return {.fault = fault,
          .name = std::string(entry.label),
          .code = 0,
          .message = std::string(entry.sentence),
          .data_json = {}};
}

CallError UnreadableAnswer(std::string_view why) {
  CallError error = MakeError(Fault::kParse);
  error.message = "The client's answer cannot be read: ";
  error.message += why;
  return error;
}

}  // namespace sluice::hub
