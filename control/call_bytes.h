// SPDX-License-Identifier: Apache-2.0
//
// What Calls hold, within bounds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "control/limits.h"
#include "control/probe.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// One Call's share of --client-calls-bytes. One thread at a time.
class CallBytes {
 public:
  // Both outlive this.
  CallBytes(const Limits& limits, ControlProbe& probe) : limits_(limits), probe_(probe) {}
  ~CallBytes() { probe_.client_call_bytes.Add(-held_); }
  CallBytes(const CallBytes&) = delete;
  CallBytes& operator=(const CallBytes&) = delete;

  // From now on it holds so much. False, and counted: all Calls together would hold too much; it
  // is as before.
  bool Hold(int64_t bytes);

 private:
  const Limits& limits_;
  ControlProbe& probe_;
  int64_t held_ = 0;  // as counted in the probe
};

// An answer of more than so many bytes becomes an error, "AnswerTooLarge".
void BoundAnswer(v1::CallResponse::Answer& answer, size_t bytes_max, ControlProbe& probe);

}  // namespace sluice::control
