// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/message.h"

#include <utility>

#include "gateway/hub/frame.h"

namespace sluice::hub {

const SharedFrame& Message::FrameFor(const Dialect& dialect) const {
  Encoding& encoding = encoded_[dialect.id()];
  absl::call_once(encoding.once, [&] {
    encodings_.Add();
    auto payload = publication_ ? dialect.EncodePublication(event_, body_)
                                : dialect.EncodeEvent(event_, body_);
    if (!payload) return;
    std::string frame = MakeFrame(dialect.BinaryEvent(body_), *payload);
    encoding.frame = std::make_shared<const std::string>(std::move(frame));
  });
  return encoding.frame;
}

}  // namespace sluice::hub
