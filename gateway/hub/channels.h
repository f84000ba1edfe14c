// SPDX-License-Identifier: Apache-2.0
//
// Channels that sessions enter and leave: by themselves, or because a backend says so.
// Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

class Answers;
class Delivery;
class EventBuffer;
struct Question;
struct Session;
struct ShardProbe;
struct Subscribe;
struct Unsubscribe;

class Channels {
 public:
  // What is given outlives this.
  Channels(Answers& answers, Delivery& delivery, EventBuffer& events, ShardProbe& probe)
      : answers_(answers), delivery_(delivery), events_(events), probe_(probe) {}

  // What a client says. The first channel that is forbidden fails the command.
  void OnSubscribe(Session& session, const Question& question, const Subscribe& verb, Now now);
  void OnUnsubscribe(Session& session, const Question& question, const Unsubscribe& verb, Now now);

  // False: it is a member already, or of too many.
  bool Join(Session& session, std::string_view channel, Entry entry, Now now);
  // False: it was none.
  bool Leave(Session& session, std::string_view channel, Now now);
  // Leave, and tells the client so. Whoever cannot be told stays in.
  Drop KickOut(Session& session, const std::string& channel, std::string_view message, Now now);

 private:
  // Nothing if it is forbidden.
  std::optional<ChannelStatus> Enter(Session& session, const std::string& channel, Now now);
  bool Refused(Session& session, const Question& question, absl::Span<const std::string> channels,
               Now now);
  void Tell(Session& session, const Question& question, absl::Span<const ChannelResult> results,
            Now now);

  Answers& answers_;
  Delivery& delivery_;
  EventBuffer& events_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
