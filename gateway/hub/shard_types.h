// SPDX-License-Identifier: Apache-2.0
//
// What goes into a shard and comes out of it: its bounds, a connection's arrival, and the views
// that queries return.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hub/close.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"
#include "storage/presence.h"

namespace sluice::hub {

// What becomes of memberships whose right was that somebody was authenticated, once that ends
// (--on-deauthenticated; shard_rights.cc).
enum class OnDeauthenticated : uint8_t { kLeave, kRecheck, kKeep };

// How a session came into a channel; it says what becomes of it when it is somebody else
// (shard_rights.cc).
enum class Entry : uint8_t {
  kStranger,  // by itself, when nobody knew who it was
  kUser,      // by itself, authenticated
  kAccepted,  // with its login or its admission
  kBackend,   // a backend put it there
};

struct ShardOptions {
  std::string node = "local";     // --node
  size_t outbox_bytes = 1 << 20;  // --outbox-bytes
  // --alive-bytes-per-second: who takes as many lives, even if it answers no ping.
  uint64_t alive_bytes_per_second = 16 << 10;
  size_t channels_per_connection = 128;       // --channels-per-connection
  size_t labels_bytes = 4 << 10;              // --labels-bytes, names and values, each connection
  size_t calls_per_connection = 64;           // --calls-per-connection, in flight
  double commands_per_second = 100;           // --commands-per-second, each connection; 0: no limit
  size_t commands_burst = 200;                // --commands-burst
  Duration call_timeout = absl::Seconds(10);  // --call-timeout
  size_t method_queue = 1024;                 // --method-queue, calls a method on each shard
  size_t client_calls_max = 100000;           // --client-calls-max, on each shard
  size_t asks_per_connection = 1000;  // --client-calls-per-connection, answers that one owes
  size_t methods_max = 10000;         // --methods-max, remembered names
  bool refuse_conflicts = false;      // --registration-conflict refuse
  Duration admission_timeout = absl::Seconds(5);  // --admission-timeout
  Duration guard_timeout = absl::Seconds(5);      // --guard-timeout
  bool guards_open = false;  // --guard-default open: allowed if no guard answers
  size_t guard_queue = 0;    // --guard-queue, publications that wait for one client's guard; 0: any
  size_t guard_queue_bytes = 1 << 20;  // --guard-queue-bytes, of these
  size_t members_max = 5000;           // --members-max, in the list of members that a client gets
  size_t list_bytes = 256 << 10;       // --list-bytes: members, methods, what became of channels
  Duration presence_lease = absl::Seconds(60);  // --presence-lease; renewed at a third of it
  storage::ClaimPolicy id_policy = storage::ClaimPolicy::kSameUser;  // --id-policy
  // --id-probe-timeout: what the holder of an id has to answer a ping when another wants it; 0: it
  // is not asked.
  Duration id_probe_timeout = absl::Seconds(2);
  OnDeauthenticated on_deauthenticated = OnDeauthenticated::kLeave;  // --on-deauthenticated
  std::vector<std::string> admission_required;  // --admission-required: namespaces, or "*"
  DecodeLimits decode;
};

// Where a new connection goes, as its route decided.
struct Arrival {
  std::string space;
  std::string id;  // empty: the hub chooses one
  const Dialect* dialect = nullptr;
  Upgrade upgrade;
};

// What a session leaves to the one that takes its id over.
struct Estate {
  struct Place {
    std::string channel;
    Entry entry = Entry::kStranger;
  };
  // It had been told of as opened, so that a TAKEN_OVER or a CLOSED is owed. Else all else is
  // empty.
  bool owed = false;
  bool authenticated = false;
  std::string user;
  CloseFrame frame;  // with which it was closed
  std::vector<Place> places;
};

// What a session looks like from outside, copied.
struct ConnectionView {
  std::string space;
  std::string id;
  std::string user;
  Labels labels;
  DialectId dialect = 0;
  std::vector<std::string> channels;  // sorted; the first of them if they are too many
  uint32_t channel_count = 0;         // of all of them
  std::string remote_address;
  absl::Time connected_at;
  bool authenticated = false;
  uint64_t outbox_bytes = 0;
  uint32_t calls_in_flight = 0;
};

// A page of them, by id.
struct ConnectionPage : std::vector<ConnectionView> {
  bool more = false;  // there are further ones
};

// About what it takes on the wire.
size_t SizeOf(const ConnectionView& view);

// What was said in a channel, for backends that listen (Control.Subscribe).
struct Publication {
  std::string space;
  std::string channel;
  Payload body;
  std::string connection;  // who said it; empty: a backend
  std::string user;
};

size_t SizeOf(const Publication& publication);

// Listens to what is published. Thread-safe.
class PublicationTap {
 public:
  virtual ~PublicationTap() = default;
  // Whether anybody listens at all; if not, nothing need be handed over.
  virtual bool wanted() const = 0;
  virtual void OnPublication(Publication publication) = 0;
};

// One client's answer to Control.Call.
struct ClientAnswer {
  struct TimedOut {};
  struct Disconnected {};
  std::string connection;
  std::string user;
  std::variant<Payload, CallError, TimedOut, Disconnected> how;
};

// Takes the answers of one Control.Call. Thread-safe; each asked client leads to exactly one
// OnAnswer, unless the call is forgotten first.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void OnAnswer(ClientAnswer answer) = 0;
};

struct NamedCount {
  std::string name;
  uint64_t count = 0;
};

// A method or an event, and who offers it now.
struct OfferedView {
  std::string name;
  bool is_protected = false;
  std::vector<std::string> workers;  // sorted names
  std::vector<std::string> ejected;  // those of them that get no calls for now
};
struct MethodsView {
  std::vector<OfferedView> methods;
  std::vector<OfferedView> events;
};

}  // namespace sluice::hub
