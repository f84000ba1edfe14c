// SPDX-License-Identifier: Apache-2.0
//
// What a client says, once a dialect has understood it: bytes became these.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/close.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

// Ties an answer to its question. Opaque to the hub; the dialect that made it reads it again.
struct Correlation {
  std::string id;      // the client's id, verbatim in the dialect's own encoding
  uint8_t flags = 0;   // the dialect's own
  bool answer = true;  // false: on success or failure, nothing is sent

  friend bool operator==(const Correlation&, const Correlation&) = default;
};

// To what an answer to a client belongs.
struct Question {
  Correlation correlation{};
  Key batch{};  // of which it is a part, or none
};

// Calls a method that a worker serves.
struct CallMethod {
  std::string method;
  Payload params;
  friend bool operator==(const CallMethod&, const CallMethod&) = default;
};

// Says who the client is.
struct Login {
  Payload params;
  friend bool operator==(const Login&, const Login&) = default;
};

// Begins the dialect's own handshake, where it has one.
struct Greet {
  Payload payload;
  std::string token;  // a signed token that the client kept; empty: none
  friend bool operator==(const Greet&, const Greet&) = default;
};

// Shows a signed token, or gives it up.
struct Authenticate {
  std::string token;
  friend bool operator==(const Authenticate&, const Authenticate&) = default;
};
struct Deauthenticate {
  friend bool operator==(const Deauthenticate&, const Deauthenticate&) = default;
};

// Renews the client's own lease.
struct Renew {
  friend bool operator==(const Renew&, const Renew&) = default;
};

// Says something to a channel's members, the sender included if it is one.
struct Publish {
  std::string channel;
  Payload data;
  friend bool operator==(const Publish&, const Publish&) = default;
};

// Says something to everybody else in the namespace. Renews the lease as well.
struct Relay {
  std::string event;
  Payload body;
  friend bool operator==(const Relay&, const Relay&) = default;
};

// A message that the gateway does not understand, for the namespace's worker (role raw).
struct Forward {
  Payload message;
  friend bool operator==(const Forward&, const Forward&) = default;
};

// The dialect answers by itself; the text is sent as it is, and then, if there is a code, the
// connection is closed.
struct Say {
  std::string message;
  CloseFrame then;
  friend bool operator==(const Say&, const Say&) = default;
};

// Enters or leaves channels, one after the other; the first that is forbidden fails the command,
// those before it stay entered.
struct Subscribe {
  std::vector<std::string> channels;
  Payload data = {};  // for the guard
  friend bool operator==(const Subscribe&, const Subscribe&) = default;
};
struct Unsubscribe {
  std::vector<std::string> channels;
  friend bool operator==(const Unsubscribe&, const Unsubscribe&) = default;
};

// Asks what can be called.
struct ListMethods {
  friend bool operator==(const ListMethods&, const ListMethods&) = default;
};

// Answers a call that the gateway made on a backend's behalf (Control.Call).
struct Answer {
  uint64_t call = 0;  // the id that the gateway gave the call on this connection
  std::variant<Payload, CallError> outcome;
  friend bool operator==(const Answer&, const Answer&) = default;
};

// Wrong in itself: the hub sends the error without doing anything.
struct Malformed {
  CallError error;
  friend bool operator==(const Malformed&, const Malformed&) = default;
};

// Breaks the dialect beyond answering: the connection is closed.
struct Hopeless {
  CloseFrame close;
  friend bool operator==(const Hopeless&, const Hopeless&) = default;
};

// Worth nothing: allowed, and without effect.
struct Ignore {
  friend bool operator==(const Ignore&, const Ignore&) = default;
};

using Verb = std::variant<Ignore, CallMethod, Login, Subscribe, Unsubscribe, ListMethods, Answer,
                          Malformed, Hopeless, Greet, Authenticate, Deauthenticate, Renew, Publish,
                          Relay, Forward, Say>;

struct Command {
  Correlation correlation;
  Verb verb;
  friend bool operator==(const Command&, const Command&) = default;
};

// One message of a client. A batch is carried out in order, one command after the other, and
// answered with one message once all are answered.
struct Decoded {
  absl::InlinedVector<Command, 1> commands;
  bool batch = false;
};

}  // namespace sluice::hub
