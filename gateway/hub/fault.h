// SPDX-License-Identifier: Apache-2.0
//
// Why a client's command failed, before any dialect gave it a shape.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::hub {

// Each dialect maps every fault to its own code; README's codes table is the list for clients.
enum class Fault : uint8_t {
  kParse,               // the frame is no document of the dialect
  kInvalidRequest,      // a document, but no request
  kMethodNotFound,      // never registered here
  kInvalidParams,       // params of a shape that the gateway itself needs
  kMethodForbidden,     // protected, and not logged in
  kEventForbidden,      // protected, and not logged in
  kEventsMissing,       // a subscription without names
  kLoginParamsMissing,  // a login without params
  kUnavailable,         // known, but no worker serves it now: retry later
  kWorkerLost,          // the worker left before it answered: it may have run or not
  kTimeout,             // no answer within the method's time limit: it may have run or not
  kOverloaded,          // too many calls wait for a worker: retry with back-off
  kTooManyCalls,        // too many calls of this connection are under way
  kRateLimited,         // too many commands a second on this connection
  kRejected,            // the answer to a gateway's call names no call that is awaited
  kBlocked,             // a guard blocked it, and says no more
  kIdTaken,             // another connection has the id that was asked for
  kTooLarge,            // larger than its worker may be asked: nothing has run
  kMessageTooLarge,     // what was to be said is larger than --outbox-bytes
  kApplication,         // the worker said so
};
inline constexpr int kFaultCount = static_cast<int>(Fault::kApplication) + 1;

// The metric label and the default name of a fault: "method_not_found".
std::string_view FaultLabel(Fault fault);

// Whether nothing has run, and the same may work later.
bool MayRetry(Fault fault);

// An error on its way to a client (or from one, when it answers a gateway's call).
struct CallError {
  Fault fault = Fault::kApplication;
  std::string name;       // a short stable word; the application's, or empty
  int32_t code = 0;       // the application's number; 0 is none
  std::string message;    // one sentence
  std::string data_json;  // one JSON text, or empty

  friend bool operator==(const CallError&, const CallError&) = default;
};

// An error of the gateway's own, with its standard sentence.
CallError MakeError(Fault fault);

// What a backend hears of a client's answer that could not be read; `why` is part of its sentence.
CallError UnreadableAnswer(std::string_view why);

}  // namespace sluice::hub
