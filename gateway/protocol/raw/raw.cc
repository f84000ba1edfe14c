// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/raw/raw.h"

#include <string>
#include <utility>

namespace sluice::protocol {

using hub::Payload;

// The edge has checked that text is UTF-8.
hub::Decoded Raw::Decode(hub::DialectState&, std::string_view bytes, bool binary_frame,
                         const hub::DecodeLimits&) const {
  std::string message(bytes);
  hub::Decoded decoded;
  hub::Command& command = decoded.commands.emplace_back();
  command.correlation.answer = false;
  command.verb = hub::Forward{binary_frame ? Payload::Binary(std::move(message))
                                           : Payload::Text(std::move(message))};
  return decoded;
}

std::optional<std::string> Raw::EncodeWelcome(const hub::Correlation&,
                                              const hub::Welcome& welcome) const {
  if (BinaryEvent(welcome.payload)) return std::nullopt;
  return EncodeEvent({}, welcome.payload);
}

std::optional<std::string> Raw::EncodeEvent(std::string_view, const Payload& body) const {
  if (body.kind == Payload::Kind::kNone) return std::nullopt;
  return body.bytes;
}

}  // namespace sluice::protocol
