// SPDX-License-Identifier: Apache-2.0
//
// Whoever speaks to the gateway: the only part of sluicectl with gRPC.
//
// What fails carries the status' code and "message (REASON)"; a stream that Cancel ended is
// CANCELLED. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/v1/control.pb.h"

namespace sluice::ctl {

// The rpcs that answer once: CTL_ASK(OF) is OF(Request's name, response).
#define SLUICECTL_ASKS(OF)                       \
  OF(Send, SendResponse)                         \
  OF(Join, JoinResponse)                         \
  OF(Leave, LeaveResponse)                       \
  OF(KickOut, KickOutResponse)                   \
  OF(Publish, PublishResponse)                   \
  OF(Disconnect, DisconnectResponse)             \
  OF(StartDrain, Drain)                          \
  OF(GetDrain, Drain)                            \
  OF(PauseDrain, Drain)                          \
  OF(ResumeDrain, Drain)                         \
  OF(CancelDrain, Drain)                         \
  OF(ListDrains, ListDrainsResponse)             \
  OF(GetConnection, Connection)                  \
  OF(ListConnections, ListConnectionsResponse)   \
  OF(CountConnections, CountConnectionsResponse) \
  OF(ListNamespaces, ListNamespacesResponse)     \
  OF(ListNodes, ListNodesResponse)               \
  OF(ListChannels, ListChannelsResponse)         \
  OF(ListMethods, ListMethodsResponse)

// Those that stream.
#define SLUICECTL_STREAMS(OF)      \
  OF(Call, CallResponse)           \
  OF(Subscribe, SubscribeResponse) \
  OF(WatchDrain, Drain)            \
  OF(WatchEvents, WatchEventsResponse)

class Client {
 public:
  struct Target {
    std::string address;
    std::string token;  // empty: none
    bool tls = false;
    std::string ca;  // PEM; empty: the system's
    std::string cert;
    std::string key;
    std::string name;                            // empty: the host's
    absl::Duration timeout = absl::Seconds(10);  // of an answer, and until a stream is connected
  };

  // Connects when it is first asked.
  explicit Client(Target target);
  ~Client();

#define SLUICECTL_ASK(Name, Response) \
  absl::StatusOr<v1::Response> Ask(const v1::Name##Request& request);
  SLUICECTL_ASKS(SLUICECTL_ASK)
#undef SLUICECTL_ASK

  // Shows each message until there are no more, or `take` says false; both are OK. `limit`: after
  // so long it is DEADLINE_EXCEEDED.
#define SLUICECTL_STREAM(Name, Response)                              \
  absl::Status Follow(const v1::Name##Request& request,               \
                      const std::function<bool(v1::Response&)>& take, \
                      std::optional<absl::Duration> limit = std::nullopt);
  SLUICECTL_STREAMS(SLUICECTL_STREAM)
#undef SLUICECTL_STREAM

  // Ends everything that is under way, and whatever comes.
  void Cancel();

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace sluice::ctl
