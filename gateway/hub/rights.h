// SPDX-License-Identifier: Apache-2.0
//
// Rights end when authentication ends. Whenever a session becomes somebody else (a token expires or
// is given up, a backend or a login says so, another connection takes its id over) each of its
// memberships is judged again, by one rule of its namespace (--on-deauthenticated):
//
//   leave    it leaves what it could not have entered as nobody; about who is somebody else the
//            guard of subscriptions is asked
//   recheck  that guard is asked about everything that it decides about
//   keep     nothing is judged, unless the connection itself is another
//
// A protected event needs an authenticated session; what a client entered by itself was the guard's
// decision if there is one; what came with a login or an admission goes with it; what a backend
// joined stays a backend's business. While a guard is asked about somebody else, the session is out
// of the channel, and nothing that it says overtakes the decision. Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/hub/shard_types.h"
#include "gateway/hub/worker.h"

namespace sluice::hub {

class Delivery;
class EventBuffer;
class Guards;
class Invoker;
class Namespaces;
struct Decision;
struct Namespace;
struct Recheck;
struct Session;
struct ShardProbe;

// What became of who a session is.
enum class Change : uint8_t {
  kSameUser,   // the same user once more, by a newer token or connection
  kOtherUser,  // somebody, but perhaps somebody else
  kNobody,     // it is not authenticated any more
  kHeir,       // another connection has its id now
};

class Rights {
 public:
  // What is given outlives this.
  Rights(const Namespaces& spaces, Guards& guards, Invoker& invoker, Delivery& delivery,
         EventBuffer& events, ShardProbe& probe)
      : spaces_(spaces),
        guards_(guards),
        invoker_(invoker),
        delivery_(delivery),
        events_(events),
        probe_(probe) {}

  // The session has become somebody else.
  void Rejudge(Session& session, Change change, Now now);
  // It comes into what another left: for everybody else it goes on being a member of it.
  void Inherit(Session& session, const Estate& estate, Now now);
  // Events may have become protected: who entered one while it was public may not stay as nobody.
  void ExpelStrangers(const Registration& registration, Now now);

  // Asks about the first of the session's rechecks, of which there is one. True: the guard was
  // asked, and everything else waits.
  bool AskAgain(Session& session, Now now);
  void OnVerdict(Session& session, const Decision& decision, Now now);
  // It leaves or enters a channel by another way. True: it was out of it only while the guard was
  // asked, so that for others it had never left.
  static bool ForgetRecheck(Session& session, std::string_view channel);

 private:
  enum class Fate : uint8_t { kStays, kIsAskedAbout, kGoes };
  // What becomes of a membership. `with_user`: it was given when somebody was authenticated.
  static Fate FateOf(const Session& session, std::string_view channel, Entry entry, Change change,
                     bool with_user);
  void Settle(Session& session, Recheck place, Change change, Now now);
  void ExpelFrom(const Namespace& space, const std::string& event, Now now);
  static Recheck TakeFirst(Session& session);
  void Readmit(Session& session, const std::string& channel, Entry entry, Now now);
  void TakeOut(Session& session, const std::string& channel, Entry entry, Now now);

  const Namespaces& spaces_;
  Guards& guards_;
  Invoker& invoker_;
  Delivery& delivery_;
  EventBuffer& events_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
