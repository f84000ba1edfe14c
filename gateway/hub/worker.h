// SPDX-License-Identifier: Apache-2.0
//
// What the hub needs from a backend's worker, and what passes between them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/hub/fault.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker_health.h"

namespace sluice::hub {

using WorkerId = uint64_t;  // unique in the life of the node

// Which facts about its caller an invocation carries.
struct ContextSpec {
  bool connection = false;
  bool user = false;
  bool labels = false;
  bool space = false;
  bool remote_address = false;
  bool target = false;
  bool claims = false;
  bool msgpack = false;  // bodies that came as MessagePack as they are
  bool subprotocols = false;
  std::vector<std::string> headers{};  // lower-case names
};

// The spec of whoever asks for nothing.
const std::shared_ptr<const ContextSpec>& NoContext();

// A new connection, for the worker that admits it.
struct Candidate {
  std::string space;
  std::string id;
  std::string dialect;
  std::string remote_address;
  absl::Time connected_at;
};

// What goes with an invocation: the facts; what was not asked for stays empty.
struct Context {
  std::string connection;
  std::string user;
  Labels labels;
  std::string space;
  std::string remote_address;
  std::string target;
  std::string claims_json;  // of its signed token
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> offered;  // subprotocols
  std::string subprotocol;
  std::string traceparent;               // of the client's upgrade, always, if it had one
  std::unique_ptr<Candidate> candidate;  // of an admission, always
  absl::Time deadline;
  Duration time_left;    // until then
  bool msgpack = false;  // the worker wants bodies as MessagePack if that is how they came
};

enum class Role : uint8_t { kMethod, kLogin, kAdmission, kRaw, kGuard };

// What a guard decides about: a client's actions, and what is about to reach a client.
enum class GuardAction : uint8_t {
  kConnect,       // the upgrade, before anything is said
  kHandshake,     // the dialect's own handshake
  kCall,          // a call that wants an answer
  kTransmit,      // a message that wants none
  kSubscribe,     // entering a channel
  kPublishIn,     // a client's publication
  kPublishOut,    // a publication about to reach this client
  kAuthenticate,  // a signed token that was found good
};
inline constexpr int kGuardActionCount = static_cast<int>(GuardAction::kAuthenticate) + 1;
std::string_view GuardLabel(GuardAction action);  // "publish_in"

// One thing for a worker to do.
struct Invocation {
  CallKey call{};  // on whose behalf; whoever begins the call fills it in
  Role role = Role::kMethod;
  GuardAction action = GuardAction::kConnect;  // kGuard only
  bool notification = false;                   // kMethod: nobody hears the answer
  // kMethod: its name. kGuard: the method or the channel, or empty.
  std::string method{};
  // kAdmission: what the client's greeting said. kRaw: the message. kGuard: what would be passed
  // on.
  Payload params{};
};

// What a worker accepts a login or an admission with.
struct Accept {
  std::string id;  // admission: instead of the id that it came with; empty: keep it
  std::string user;
  Labels labels;
  std::vector<std::string> channels;
  std::string event;  // admission: the first payload's event name; empty: there is none
  Payload payload;
  std::string subprotocol{};  // admission: one of those offered; empty: as it is
};

struct Reject {
  uint16_t code = 0;  // admission: the close code; 0: the default
  std::string reason;
};

// What a guard answers.
struct Verdict {
  bool allow = false;
  Payload replacement;  // allow: passed on instead, if it is any
  bool silent = false;  // block: the client is told no more than that
  CallError error;      // block: what the client is told; its code, if it closes: the close code
  std::string subprotocol{};  // allow kConnect: one of those offered; empty: as it is
};

using WorkerResult = std::variant<Payload, CallError, Accept, Reject, Verdict>;

// A worker's stream, shared by all shards. Thread-safe.
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;

  // How many invocations it has without a result, those that nobody waits for included. May be
  // stale at once.
  virtual int64_t outstanding() const = 0;

  virtual WorkerHealth& health() = 0;

  // Takes one credit if there is one. If not, the link remembers that somebody wants some, and
  // posts Workers::OnCredit to every shard when there is some again. Never of a stream that has
  // ended.
  virtual bool TryReserve() = 0;

  // Uses a reserved credit; it is free again when the result comes (or the stream ends). Results
  // come back by Workers::Complete on the shard that the key names. Returns what the link calls it;
  // 0: the stream has ended meanwhile. Else the method and the params are gone.
  virtual uint64_t Invoke(Invocation& invocation, Context context) = 0;

  // Nobody waits for this one any more; `invocation` is what Invoke returned.
  virtual void Cancel(uint64_t invocation) = 0;
};

// What a worker had and does not do, of one shard: mostly since its stream ended.
struct LostWork {
  // Never given to gRPC: as if it had not been asked.
  struct Unsent {
    CallKey call;
    std::string method;  // as in Invocation
    Payload params;
  };
  std::vector<Unsent> unsent;
  std::vector<CallKey> sent;  // it may have run
};

using InFlight = std::atomic<uint32_t>;

// One method (or role) as one worker offers it. Shared by all shards.
struct Offer {
  WorkerId worker = 0;
  std::string worker_name;
  std::shared_ptr<WorkerLink> link;
  Role role = Role::kMethod;
  GuardAction action = GuardAction::kConnect;  // kGuard only
  std::string method;                          // kMethod only
  bool is_protected = false;
  bool elsewhere = false;                      // the worker is another node's
  Duration time_limit = absl::ZeroDuration();  // zero: the gateway's default
  uint32_t in_flight_max = 0;                  // zero: as many as the credit allows
  // Shared by what was registered together.
  std::shared_ptr<const ContextSpec> context = NoContext();
  // Over all shards, and over all offers of the same method by the same worker: what it was given
  // under an offer that it took back is still with it.
  std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>(0);
};
using SharedOffer = std::shared_ptr<const Offer>;

// An event that clients may subscribe to, as one worker declares it.
struct EventOffer {
  std::string name;
  bool is_protected = false;
  WorkerId worker = 0;
  std::string worker_name{};
};

// Methods are offered by pointers, events by values.
inline const Offer& Of(const SharedOffer& offer) { return *offer; }
inline const EventOffer& Of(const EventOffer& offer) { return offer; }

// What one Register message adds, or one Deregister takes away, in one namespace ("*": in every
// namespace that has nothing of its own under the same name).
struct Registration {
  std::string space;
  std::vector<SharedOffer> offers;
  std::vector<EventOffer> events;
  // Of a worker of another node, where it was taken: it is not refused here.
  bool elsewhere = false;
};
struct Deregistration {
  WorkerId worker = 0;
  std::string space{};
  bool everything = false;  // of this worker in this space; names and roles stay known
  std::vector<std::string> methods{};
  std::vector<std::string> events{};
  std::vector<Role> roles{};
  std::vector<GuardAction> guards{};
};

}  // namespace sluice::hub
