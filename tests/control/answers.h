// SPDX-License-Identifier: Apache-2.0
//
// What a caller hears of a Call.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/client_calls.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {

// "id: what", of one answer.
inline std::string LineOf(const v1::CallResponse::Answer& answer) {
  std::string how = answer.has_result()         ? answer.result().json()
                    : answer.has_timed_out()    ? "timed out"
                    : answer.has_disconnected() ? "disconnected"
                                                : answer.error().name();
  return answer.connection_id() + ": " + how;
}

struct Answers {
  std::vector<std::string> lines;
  std::optional<v1::Outcome> outcome;

  // Outlived by this.
  CallListener Listener() {
    CallListener listener;
    listener.on_answer = [this](const v1::CallResponse::Answer& answer) {
      EXPECT_FALSE(outcome) << "an answer behind the outcome";
      lines.push_back(LineOf(answer));
    };
    listener.on_end = [this](v1::Outcome given) {
      EXPECT_FALSE(outcome) << "a second outcome";
      outcome = std::move(given);
    };
    return listener;
  }
};

}  // namespace sluice::control
