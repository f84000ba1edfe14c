// SPDX-License-Identifier: Apache-2.0
//
// One shard's share of what backends do with clients (control.proto): each verb acts on the
// sessions that a selector names, and counts. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "gateway/hub/close.h"
#include "gateway/hub/selector.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

class Authentication;
class Channels;
class Closer;
class Delivery;
class Directory;
class Evictions;
class Message;
class Progress;
class Requests;
class Sessions;
struct Session;
struct ShardProbe;
struct Token;

class ClientVerbs {
 public:
  struct Parts {
    Delivery& delivery;
    Channels& channels;
    Authentication& authentication;
    Requests& requests;
    Evictions& evictions;
    Closer& closer;
    Progress& progress;
  };
  // What is given outlives this.
  ClientVerbs(const Directory& directory, const Sessions& sessions, const Parts& parts,
              ShardProbe& probe)
      : directory_(directory), sessions_(sessions), parts_(parts), probe_(probe) {}

  // With `close_after`, each is closed right behind the message (code 0: the dialect's own).
  Outcome Send(const Selector& selector, const Message& message,
               const std::optional<CloseFrame>& close_after, Now now);
  Outcome Join(const Selector& selector, absl::Span<const std::string> channels, Now now);
  Outcome Leave(const Selector& selector, absl::Span<const std::string> channels, Now now);
  // Leave, and tells the clients so.
  Outcome KickOut(const Selector& selector, absl::Span<const std::string> channels,
                  std::string_view message, Now now);
  // Hands a signed token out and takes it for the sessions; with a sink in `call`, each client's
  // confirmation is awaited.
  Outcome SetToken(const Selector& selector, const Token& token, const ClientCall& call, Now now);
  Outcome Deauthenticate(const Selector& selector, Now now);
  // Sets the user if there is one ("" takes it away), and the labels ("" removes one).
  Outcome Update(const Selector& selector, const std::optional<std::string>& user,
                 const Labels& labels, Now now);
  // Code 0: the dialect's own.
  Outcome Disconnect(const Selector& selector, const CloseFrame& frame, bool validate_only,
                     Now now);
  // Asks clients something; their answers go to the call's sink.
  Outcome Call(const Selector& selector, const ClientCall& call, const std::string& method,
               const Payload& params, Now now);
  // Nobody wants the answers of this call any more.
  void ForgetCall(uint64_t call);

 private:
  // What became of one session.
  Drop SetTokenOf(Session& session, const Token& token, const ClientCall& call, Now now);
  Drop KickOutOf(Session& session, absl::Span<const std::string> channels, std::string_view message,
                 bool& left, Now now);
  Drop Ask(Session& session, const ClientCall& call, const std::string& method,
           const Payload& params, Now now);

  const Directory& directory_;
  const Sessions& sessions_;
  const Parts parts_;
  ShardProbe& probe_;
};

}  // namespace sluice::hub
