// SPDX-License-Identifier: Apache-2.0
//
// The one door to a client: every message that the hub has for it comes through here, which judges
// whether there is room, asks the guard of publications where there is one, counts, and says what
// became of the message. What the socket does not take at once waits in the outbox, as messages
// (backlog.h); what a guard has not decided about waits here. Control frames have no door: nothing
// is decided about them (Outbox::AppendControl). Single-threaded.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/hub/frame.h"
#include "gateway/hub/message.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Closer;
class Guards;
struct Decision;
struct Session;
struct ShardProbe;

class Delivery {
 public:
  // What is given outlives this.
  Delivery(Guards& guards, Closer& closer, ShardProbe& probe, metrics::SharedCounter& encodings)
      : guards_(guards), closer_(closer), probe_(probe), encodings_(encodings) {}

  // Whether a text of a dialect could ever get through, to whoever reads.
  static bool Fits(const Session& session, size_t text);

  // What a dialect says to one client: answers, requests, welcomes.
  Drop Say(Session& session, std::string_view text, Now now);
  // The same right before a close that was decided, so that who has no room is not closed for it.
  Drop SayFarewell(Session& session, std::string_view text);
  // What is said to many in the same bytes.
  Drop Send(Session& session, const Message& message, Now now);
  Drop SendFrame(Session& session, const SharedFrame& frame, Now now);
  // What was said in a channel, once its guard allows it, if there is one; the session is a member.
  Drop Publish(Session& session, const SharedMessage& message, Now now);

  // The guard has answered about the first publication that waits. `stale`: it was asked about
  // somebody else, so that it is asked again.
  void OnVerdict(Session& session, const Decision& decision, bool stale, Now now);

 private:
  // The rule, for either queue: too large for it by itself; room; or too slow.
  enum class Queue : uint8_t { kOutbox, kUndecided };
  static Drop Judge(Session& session, Queue queue, size_t bytes);
  // Judges; who is too slow is closed.
  Drop Admit(Session& session, Queue queue, size_t bytes, Now now);
  Drop Count(Drop drop);
  static bool HasRoom(const Session& session, Queue queue, size_t bytes);
  void AppendText(Session& session, std::string_view text);
  Drop Append(Session& session, MessageClass what, const SharedFrame& frame, Now now);
  void AskAboutFirst(Session& session, Now now);
  void PassFirst(Session& session, const Decision& decision, Now now);
  SharedMessage TakeFirst(Session& session);

  Guards& guards_;
  Closer& closer_;
  ShardProbe& probe_;
  metrics::SharedCounter& encodings_;
};

}  // namespace sluice::hub
