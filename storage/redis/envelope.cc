// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/envelope.h"

#include <array>
#include <cstddef>

namespace sluice::storage::redis {
namespace {
constexpr uint32_t kVersion = 1;
}  // namespace

std::string_view NameOf(Drop drop) {
  static constexpr std::array<std::string_view, kDrops> kNames = {"foreign", "corrupt",  "version",
                                                                  "kind",    "replayed", "old"};
  return kNames[static_cast<size_t>(drop)];
}

std::string Seal(const ClusterKeys& keys, std::string_view channel, Envelope envelope) {
  envelope.set_version(kVersion);
  internal::v1::Sealed sealed;
  envelope.SerializeToString(sealed.mutable_envelope());
  sealed.set_mac(keys.Sign(channel, sealed.envelope()));
  return sealed.SerializeAsString();
}

std::variant<Envelope, Drop> Open(const ClusterKeys& keys, std::string_view channel,
                                  const std::string& bytes) {
  internal::v1::Sealed sealed;
  if (!sealed.ParseFromString(bytes)) return Drop::kCorrupt;
  if (!keys.Verify(channel, sealed.envelope(), sealed.mac())) return Drop::kForeign;
  Envelope envelope;
  if (!envelope.ParseFromString(sealed.envelope()) || envelope.version() == 0) {
    return Drop::kCorrupt;
  }
  if (envelope.version() > kVersion) return Drop::kVersion;
  if (envelope.node().empty() || envelope.epoch().empty() || envelope.sequence() == 0 ||
      envelope.previous() >= envelope.sequence()) {
    return Drop::kCorrupt;
  }
  if (envelope.kind_case() == Envelope::KIND_NOT_SET) return Drop::kKind;
  return envelope;
}

}  // namespace sluice::storage::redis
