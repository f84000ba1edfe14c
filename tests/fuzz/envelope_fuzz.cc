// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what comes on a channel of Redis, with and without keys, and as the inside of what
// is properly signed: what is taken names its sender and its place, and is sealed and opened again
// without a change; and each is taken once.
#include <cstdint>
#include <string>
#include <variant>

#include "sluice/internal/v1/bus.pb.h"
#include "storage/redis/cluster_keys.h"
#include "storage/redis/envelope.h"
#include "storage/redis/sequences.h"
#include "tests/fuzz/json_check.h"

namespace {

using namespace sluice::storage::redis;
using sluice::fuzz::Require;

const std::string kChannel = "s:chat";

void Check(const ClusterKeys& keys, const std::string& bytes) {
  auto opened = Open(keys, kChannel, bytes);
  if (auto* drop = std::get_if<Drop>(&opened)) return Require(!NameOf(*drop).empty());
  const Envelope& envelope = std::get<Envelope>(opened);
  Require(!envelope.node().empty() && !envelope.epoch().empty() && envelope.sequence() > 0);
  auto again = Open(keys, kChannel, Seal(keys, kChannel, envelope));
  Require(std::holds_alternative<Envelope>(again));
  Require(std::get<Envelope>(again).SerializeAsString() == envelope.SerializeAsString());

  IncomingSequences sequences;
  const Incarnation sender{envelope.node(), envelope.epoch()};
  const Place place{envelope.sequence(), envelope.previous()};
  Require(sequences.Take(kChannel, sender, place) == IncomingSequences::Verdict::kNext);
  Require(sequences.Take(kChannel, sender, place) == IncomingSequences::Verdict::kReplayed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ClusterKeys keys = *ClusterKeys::Make({"a secret of the fuzzer"});
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Require(std::holds_alternative<Drop>(Open(keys, kChannel, bytes)));
  Check(ClusterKeys(), bytes);
  sluice::internal::v1::Sealed sealed;
  sealed.set_envelope(bytes);
  sealed.set_mac(keys.Sign(kChannel, bytes));
  Check(keys, sealed.SerializeAsString());
  return 0;
}
