// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/close_codes.h"

namespace sluice::ctl {
namespace {

constexpr char kAny[] = "any";
constexpr char kSocketCluster[] = "socketcluster";
constexpr char kLine[] = "line";

}  // namespace

const std::vector<CloseCode>& CloseCodes() {
  static const auto& codes = *new std::vector<CloseCode>{
      {1000, kAny, "closed by the application", "stay away unless the application says more",
       "who called Disconnect, or the client that left"},
      {1001, kAny, "going away: a drain, the node stops, or --connection-lifetime is over",
       "reconnect after a random delay, or the one that the reason advises",
       "sluicectl drain list"},
      {1002, kAny, "protocol error", "give up: correct the client", ""},
      {1003, kAny, "a kind of data that the other end does not take", "give up: correct the client",
       ""},
      {1005, kAny, "a close without a code (never sent: what an end shows)",
       "as the application says", ""},
      {1006, kAny, "no close came: the peer, its network or its node is gone (never sent)",
       "reconnect with back-off", "events of the same moment; proxies' idle time-outs"},
      {1007, kAny, "a text message is no UTF-8", "give up: correct the client", ""},
      {1008, kAny, "a message that was begun did not end within --message-timeout", "reconnect",
       "--message-timeout"},
      {1009, kAny, "a message is larger than --message-bytes", "give up, or send less",
       "--message-bytes"},
      {1010, kAny, "the client wanted an extension that it did not get",
       "give up: correct the client", ""},
      {1011, kAny, "an application's error: a backend says so", "as the application says", ""},
      {1012, kAny, "the service restarts: a backend says so", "reconnect after a random delay", ""},
      {1013, kAny, "try again later: nobody could be asked for admission, or --unfinished-bytes",
       "reconnect with back-off", "sluicectl nodes list; sluicectl methods list"},
      {1014, kAny, "a proxy got no good answer: a backend or a proxy says so",
       "reconnect with back-off", ""},
      {1015, kAny, "TLS failed (never sent: what an end shows)", "check certificates", ""},
      {4001, kSocketCluster, "no pong in time", "reconnect", "--socketcluster-ping-timeout"},
      {4005, kSocketCluster, "no handshake in time", "reconnect with back-off",
       "--socketcluster-handshake-timeout"},
      {4008, kSocketCluster, "not admitted, blocked by a guard, or a malformed handshake",
       "re-authenticate, then reconnect", "sluicectl events --type refused"},
      {4009, kSocketCluster, "something came before the handshake", "give up: correct the client",
       "--socketcluster-strict-handshake"},
      {4201, kLine, "no pong in time", "reconnect", "--line-response-timeout"},
      {4202, kLine, "no handshake in time", "reconnect with back-off", "--line-handshake-timeout"},
      {4203, kLine, "not admitted, or the id is in use", "re-authenticate, then reconnect",
       "sluicectl events --type refused"},
      {4403, kAny, "not admitted", "re-authenticate, then reconnect",
       "sluicectl events --type refused"},
      {4406, kAny, "the lease was not renewed", "reconnect", ""},
      {4407, kAny, "no handshake in time", "reconnect with back-off", ""},
      {4408, kAny,
       "no sign of life: no word, no pong, and less than --alive-bytes-per-second taken of what "
       "waits",
       "reconnect", "--ping-interval; networks between"},
      {4409, kAny, "the id is in use", "reconnect with another id, or later",
       "sluicectl connections get ID; --id-policy"},
      {4410, kAny, "replaced by a newer connection", "do not reconnect with this id",
       "sluicectl connections get ID; --id-policy"},
      {4420, kAny,
       "too slow to read: the outbox is full and the socket takes no more, or what waits for a "
       "guard (--guard-queue-bytes)",
       "reconnect, and read faster or ask for less", "sluicectl slow; --outbox-bytes"},
      {4429, kAny, "too many commands", "reconnect with back-off, and send less",
       "--commands-per-second"},
      {4510, kSocketCluster, "replaced by a newer connection", "do not reconnect with this id",
       "sluicectl connections get ID; --id-policy"},
  };
  return codes;
}

std::vector<CloseCode> Explain(uint32_t code) {
  std::vector<CloseCode> found;
  for (const CloseCode& row : CloseCodes()) {
    if (row.code == code) found.push_back(row);
  }
  if (!found.empty()) return found;
  if (code >= 3000 && code <= 4999) {
    return {{code, kAny, "a code of the application: a backend or the client chose it",
             "as the application says", "what calls Disconnect, StartDrain or Send with a code"}};
  }
  if (code >= 1000 && code <= 2999) {
    return {
        {code, kAny, "reserved by RFC 6455; nobody may send it", "check the client's library", ""}};
  }
  return {};
}

}  // namespace sluice::ctl
