// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/message.h"

#include <utility>

#include "gateway/hub/frame.h"

namespace sluice::hub {

const SharedFrame& Message::FrameFor(const Dialect& dialect) const {
  Encoding& encoding = encoded_[dialect.id()];
  absl::call_once(encoding.once, [&] {
    encodings_.Add();
    if (auto payload = dialect.EncodeEvent(event_, body_)) {
      encoding.frame = std::make_shared<const std::string>(MakeFrame(dialect.binary(), *payload));
    }
  });
  return encoding.frame;
}

}  // namespace sluice::hub
