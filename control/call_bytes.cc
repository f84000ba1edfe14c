// SPDX-License-Identifier: Apache-2.0
#include "control/call_bytes.h"

#include "absl/strings/str_cat.h"
#include "text/utf8.h"

namespace sluice::control {

bool CallBytes::Hold(int64_t bytes) {
  const int64_t more = bytes - held_;
  const auto max = static_cast<int64_t>(limits_.client_calls_bytes);
  if (more > 0 && probe_.client_call_bytes.value() + more > max) {
    probe_.client_calls_refused.Add();
    return false;
  }
  held_ = bytes;
  probe_.client_call_bytes.Add(more);
  return true;
}

void BoundAnswer(v1::CallResponse::Answer& answer, size_t bytes_max, ControlProbe& probe) {
  if (answer.ByteSizeLong() <= bytes_max) return;
  probe.call_answers_too_large.Add();
  answer.mutable_error()->set_name("AnswerTooLarge");
  answer.mutable_error()->set_message(text::ToUtf8(absl::StrCat(
      "the client's answer has more than ", bytes_max,
      " bytes (--control-response-bytes; from another node, --cluster-message-bytes as well)")));
}

}  // namespace sluice::control
