// SPDX-License-Identifier: Apache-2.0
//
// One message on its way to many: immutable, shared by all shards, encoded at most once for each
// dialect by whichever shard needs it first.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/call_once.h"
#include "gateway/hub/backlog.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/types.h"
#include "metrics/probe.h"

namespace sluice::hub {

class Message {
 public:
  // `encodings` counts every encoding that really happened.
  // A publication is a message of the channel named by `event`.
  Message(std::string event, Payload body, metrics::SharedCounter& encodings,
          bool publication = false)
      : event_(std::move(event)),
        body_(std::move(body)),
        publication_(publication),
        encodings_(encodings) {}

  const std::string& event() const { return event_; }
  const Payload& body() const { return body_; }

  // Thread-safe.
  const SharedFrame& FrameFor(const Dialect& dialect) const;

 private:
  struct Encoding {
    absl::once_flag once;
    SharedFrame frame;
  };
  std::string event_;
  Payload body_;
  bool publication_;
  metrics::SharedCounter& encodings_;
  mutable std::array<Encoding, kDialectsMax> encoded_;
};

using SharedMessage = std::shared_ptr<const Message>;

}  // namespace sluice::hub
