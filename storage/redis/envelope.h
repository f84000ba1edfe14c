// SPDX-License-Identifier: Apache-2.0
//
// What nodes publish: an envelope (proto/sluice/internal/v1/bus.proto), sealed for one channel.
// Pure values.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "sluice/internal/v1/bus.pb.h"
#include "storage/redis/cluster_keys.h"

namespace sluice::storage::redis {

using internal::v1::Envelope;

// Why an envelope was not taken.
enum class Drop {
  kForeign,   // not signed by one of our keys for this channel
  kCorrupt,   // cannot be read, or names no sender
  kVersion,   // of a later release, which we would misunderstand
  kKind,      // of a later release; or it does not belong on its channel
  kReplayed,  // not newer than the last one of its sender
  kOld,       // its sender is no longer: it left, died, or was started anew
};
inline constexpr int kDrops = 6;
// As a metric's label.
std::string_view NameOf(Drop drop);

// Puts the version in. The result is binary.
std::string Seal(const ClusterKeys& keys, std::string_view channel, Envelope envelope);

// What Seal made for the same channel, with these keys, or why not. Fields that we do not know are
// ignored.
std::variant<Envelope, Drop> Open(const ClusterKeys& keys, std::string_view channel,
                                  const std::string& bytes);

}  // namespace sluice::storage::redis
