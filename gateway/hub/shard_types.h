// SPDX-License-Identifier: Apache-2.0
//
// What goes into a shard and comes out of it: a connection's arrival, and the views
// that queries return.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "gateway/hub/close.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/socket.h"
#include "gateway/hub/types.h"
#include "gateway/hub/worker.h"
#include "storage/presence.h"

namespace sluice::hub {

// How a session came into a channel; it says what becomes of it when it is somebody else
// (rights.h).
enum class Entry : uint8_t {
  kStranger,  // by itself, when nobody knew who it was
  kUser,      // by itself, authenticated
  kAccepted,  // with its login or its admission
  kBackend,   // a backend put it there
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

// Takes what a displaced session leaves: from any thread, once; not at all only when a node ends.
using Heir = absl::AnyInvocable<void(Estate estate) &&>;
// Told whether the holder of an id lives; as above.
using Judged = absl::AnyInvocable<void(bool lives) &&>;

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

// One Control.Call, as far as this shard asks clients for it.
struct ClientCall {
  uint64_t id = 0;  // for Forget; 0: it cannot be forgotten
  Duration timeout;
  std::shared_ptr<AnswerSink> sink;
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
// A stretch of that: names ascending, methods before events.
struct MethodsRange {
  bool events_alone = false;  // behind all methods
  std::string after{};        // names behind this one
  size_t limit = std::numeric_limits<size_t>::max();
  // Of names, about; what comes over it is the last.
  size_t bytes_max = std::numeric_limits<size_t>::max();
};

}  // namespace sluice::hub
