// SPDX-License-Identifier: Apache-2.0
//
// Who a session is: by a signed token that the client showed or a backend handed out, by a login,
// or because a backend says so; until the token expires, or somebody takes it back. Whenever that
// changes, its rights are judged again. Single-threaded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/hub/tokens.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Answers;
class Deadlines;
class Delivery;
class EventBuffer;
class PresenceRecords;
class Progress;
class Rights;
struct Authenticate;
struct Question;
struct Session;
struct ShardProbe;

class Authentication {
 public:
  // What is given outlives this.
  Authentication(const TokenAuthority& authority, Rights& rights, PresenceRecords& records,
                 Delivery& delivery, Answers& answers, Progress& progress, EventBuffer& events,
                 Deadlines& deadlines, ShardProbe& probe)
      : authority_(authority),
        rights_(rights),
        records_(records),
        delivery_(delivery),
        answers_(answers),
        progress_(progress),
        events_(events),
        deadlines_(deadlines),
        probe_(probe) {}

  std::variant<Token, TokenFlaw> Verify(std::string_view token, Now now) const {
    return authority_.Verify(token, now.date);
  }

  // The client showed a token, and hears what became of that.
  void OnShown(Session& session, const Question& question, const Authenticate& verb, Now now);
  void TellVerdict(Session& session, const Question& question, const TokenFlaw* flaw, Now now);

  // It is who the token says from here on: nobody by name, if it names none.
  void TakeToken(Session& session, Token token, Now now);
  // Hands the client a token and takes it for the session. False: it was dropped, and the session
  // closes.
  bool HandToken(Session& session, Token token, Now now);
  // Tells the client to forget its token.
  void TellRemoved(Session& session, Now now);

  // A login or a backend says who it is: an older token that names somebody else is void.
  void Identify(Session& session, const std::string& user, Now now);
  // It is nobody any more. The second tells the client to forget its token, if it has one.
  void BecomeNobody(Session& session, Now now);
  void Dismiss(Session& session, Now now);

  // Also to be called whenever the client says something.
  void Expire(Session& session, Now now);
  void OnDeadline(Session& session, Now now);

 private:
  // `shown`: the token is told of.
  void Become(Session& session, const std::string& user, std::unique_ptr<Token> token, bool shown,
              Now now);
  void SetUser(Session& session, const std::string& user, Now now);
  void ScheduleExpiry(Session& session, Now now);

  const TokenAuthority& authority_;
  Rights& rights_;
  PresenceRecords& records_;
  Delivery& delivery_;
  Answers& answers_;
  Progress& progress_;
  EventBuffer& events_;
  Deadlines& deadlines_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
