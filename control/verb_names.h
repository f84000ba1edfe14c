// SPDX-License-Identifier: Apache-2.0
//
// The rpcs that are a verb, with what they answer, as OF(Send, SendResponse): SendVerb (verbs.h) is
// run by the rpc Send. Apart from the verbs, so that what gRPC generates is compiled without them.
#pragma once

#define SLUICE_VERBS(OF)                           \
  OF(Send, SendResponse)                           \
  OF(Join, JoinResponse)                           \
  OF(Leave, LeaveResponse)                         \
  OF(UpdateConnections, UpdateConnectionsResponse) \
  OF(Disconnect, DisconnectResponse)               \
  OF(KickOut, KickOutResponse)                     \
  OF(Publish, PublishResponse)                     \
  OF(SetAuthToken, SetAuthTokenResponse)           \
  OF(Deauthenticate, DeauthenticateResponse)       \
  OF(GetDrain, Drain)                              \
  OF(ListDrains, ListDrainsResponse)               \
  OF(PauseDrain, Drain)                            \
  OF(ResumeDrain, Drain)                           \
  OF(CancelDrain, Drain)                           \
  OF(GetConnection, Connection)                    \
  OF(ListConnections, ListConnectionsResponse)     \
  OF(CountConnections, CountConnectionsResponse)   \
  OF(ListNamespaces, ListNamespacesResponse)       \
  OF(ListNodes, ListNodesResponse)                 \
  OF(ListChannels, ListChannelsResponse)           \
  OF(ListMethods, ListMethodsResponse)
