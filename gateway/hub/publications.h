// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of what is said to many: takes it from its clients, and delivers it to them.
// Single-threaded.
#pragma once

#include "gateway/hub/command.h"
#include "gateway/hub/saying.h"
#include "gateway/hub/selector.h"

namespace sluice::hub {

class Answers;
class Delivery;
class Namespaces;
class Publisher;
struct Session;

class Publications {
 public:
  // What is given outlives this.
  Publications(uint32_t shard, const Namespaces& spaces, const Publisher& publisher,
               Delivery& delivery, Answers& answers, metrics::SharedCounter& encodings)
      : shard_(shard),
        spaces_(spaces),
        publisher_(publisher),
        delivery_(delivery),
        answers_(answers),
        encodings_(encodings) {}

  // What a client says. A relay has no answer.
  void OnPublish(Session& session, const Question& question, Publish verb, Now now);
  void OnRelay(Session& session, const Relay& verb, Now now);

  // To the audience on this shard.
  Outcome Deliver(const Saying& saying, Now now);

 private:
  void Say(Session& session, SharedMessage message, Saying::Audience audience, Now now);
  bool CannotBeSaid(const Session& session, const Message& message) const;

  const uint32_t shard_;
  const Namespaces& spaces_;
  const Publisher& publisher_;
  Delivery& delivery_;
  Answers& answers_;
  metrics::SharedCounter& encodings_;
};

}  // namespace sluice::hub
