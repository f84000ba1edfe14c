// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/socketcluster/packet.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "gateway/protocol/json/js_error.h"
#include "gateway/protocol/json/members.h"
#include "gateway/protocol/json/text.h"

namespace sluice::protocol {
namespace {

using hub::Payload;

constexpr std::string_view kInvalidAction = "InvalidActionError";

bool Is(std::string_view json, JsonKind kind) { return !json.empty() && KindOf(json) == kind; }

Payload ToPayload(std::string json) {
  return json.empty() ? Payload::None() : Payload::Json(std::move(json));
}

// A member of `object`, if it is one and has it; the last of equals, as in JavaScript.
std::string MemberOf(std::string_view object, std::string_view name) {
  std::string found;
  if (!Is(object, JsonKind::kObject)) return found;
  ForEachMember(object, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
  });
  return found;
}

// What #publish and #subscribe have in common.
struct ChannelData {
  std::string channel, data;
};
ChannelData ReadChannelData(std::string_view json) {
  ChannelData read;
  if (!Is(json, JsonKind::kObject)) return read;
  ForEachMember(json, [&](std::string_view key, std::string_view value) {
    if (key == "channel") read.channel = value;
    if (key == "data") read.data = value;
  });
  return read;
}

hub::CallError ErrorNamed(std::string_view name, std::string message) {
  hub::CallError error = hub::MakeError(hub::Fault::kInvalidRequest);
  error.name = name;
  error.message = std::move(message);
  return error;
}

hub::CallError NoTokenString() {
  return {.fault = hub::Fault::kApplication,
          .name = "AuthTokenError",
          .code = 0,
          .message = "Invalid token format - Token must be a string",
          .data_json = R"({"isBadToken":true})"};
}

}  // namespace

bool SocketClusterReader::Packet::is_call() const { return Is(cid, JsonKind::kNumber); }

SocketClusterReader::Packet SocketClusterReader::Split(std::string_view json) {
  Packet packet;
  ForEachMember(json, [&](std::string_view key, std::string_view value) {
    if (key == "event") packet.event = value;
    if (key == "data") packet.data = value;
    if (key == "cid") packet.cid = value;
    if (key == "rid") packet.rid = value;
    if (key == "error") packet.error = value;
  });
  return packet;
}

hub::Decoded SocketClusterReader::Take() && {
  // A message that means nothing still counts as one.
  if (decoded_.commands.empty()) {
    decoded_.commands.push_back({{.id = {}, .flags = 0, .answer = false}, hub::Ignore{}});
  }
  return std::move(decoded_);
}

void SocketClusterReader::Add(const Packet& packet, RequestKind kind, hub::Verb verb) {
  decoded_.commands.push_back({{.id = packet.is_call() ? packet.cid : std::string(),
                                .flags = static_cast<uint8_t>(kind),
                                .answer = packet.is_call()},
                               std::move(verb)});
}

void SocketClusterReader::Refuse(const Packet& packet, std::string_view name, std::string message) {
  Add(packet, RequestKind::kInvoke, hub::Malformed{ErrorNamed(name, std::move(message))});
}

void SocketClusterReader::RefuseFlawed(const Packet& packet, RequestKind kind) {
  Add(packet, kind,
      hub::Malformed{
          ErrorNamed("InvalidMessageError", "The packet cannot be read: " + packet.flaw)});
}

void SocketClusterReader::Close(uint16_t code) {
  closed_ = true;
  decoded_.commands.push_back({{.id = {}, .flags = 0, .answer = false}, hub::Hopeless{{code, {}}}});
}

void SocketClusterReader::ReadOther() {
  if (!greeted() && rules_.strict_handshake) Close(kTooEarlyCode);
}

void SocketClusterReader::Read(std::string_view json, absl::Span<const MendedJson::Flaw> flaws) {
  json.remove_prefix(json.find_first_not_of(" \t\r\n"));
  size_t index = 0;
  auto read_next = [&](std::string_view packet) {
    bool flawed = !flaws.empty() && flaws.front().message == index++;
    ReadPacket(packet, flawed ? flaws.front().what : std::string());
    if (flawed) flaws.remove_prefix(1);
  };
  if (KindOf(json) != JsonKind::kArray) return read_next(json);
  if (!ForEachValue(json, read_next)) ReadOther();
}

void SocketClusterReader::ReadPacket(std::string_view json, std::string flaw) {
  if (closed_) return;
  if (KindOf(json) != JsonKind::kObject) return ReadOther();
  Packet packet = Split(json);
  packet.flaw = std::move(flaw);
  std::optional<uint64_t> answered = ToNumericId(packet.rid);
  if (Is(packet.event, JsonKind::kString)) {
    ReadEvent(std::move(packet));
  } else if (greeted() && answered) {
    ReadResponse(*answered, std::move(packet));
  } else if (greeted() && packet.is_call() && !packet.flaw.empty()) {
    RefuseFlawed(packet, RequestKind::kInvoke);  // it was the event's name
  } else {
    ReadOther();
  }
}

void SocketClusterReader::ReadEvent(Packet packet) {
  if (++packets_ > rules_.batch_max) {
    return Refuse(packet, "InvalidMessageError",
                  "More than " + std::to_string(rules_.batch_max) + " packets in a batch");
  }
  std::string name = Unquote(packet.event);
  if (name == "#handshake") return Greet(std::move(packet));
  if (!greeted()) {
    if (rules_.strict_handshake) return Close(kTooEarlyCode);
    return Refuse(packet, kInvalidAction, "The handshake has not been completed");
  }
  if (name == "#removeAuthToken") {
    packet.cid.clear();  // never answered
    return Add(packet, RequestKind::kInvoke, hub::Deauthenticate{});
  }
  if (!packet.flaw.empty()) return RefuseFlawed(packet, RequestKind::kInvoke);
  if (name == "#authenticate") return Authenticate(std::move(packet));
  if (name == "#publish") return Publish(std::move(packet));
  if (name == "#subscribe") return Subscribe(std::move(packet));
  if (name == "#unsubscribe") return Unsubscribe(std::move(packet));
  Call(std::move(name), std::move(packet));
}

void SocketClusterReader::ReadResponse(uint64_t call, Packet packet) {
  hub::Answer answer{call, ToPayload(std::move(packet.data))};
  if (!packet.error.empty() && packet.error != "null") {
    answer.outcome = FromJsError(packet.error);
  }
  if (!packet.flaw.empty()) answer.outcome = hub::UnreadableAnswer(packet.flaw);
  packet.cid.clear();
  Add(packet, RequestKind::kInvoke, std::move(answer));
}

void SocketClusterReader::Greet(Packet packet) {
  if (!packet.is_call()) return Close(kBadHandshakeCode);
  if (!packet.flaw.empty()) {
    RefuseFlawed(packet, RequestKind::kHandshake);
    return Close(kBadHandshakeCode);
  }
  state_.flags |= kGreeted;
  std::string token = MemberOf(packet.data, "authToken");
  if (!IsTruthy(token)) token.clear();
  if (Is(token, JsonKind::kString)) token = Unquote(token);
  Payload payload = ToPayload(std::move(packet.data));
  Add(packet, RequestKind::kHandshake, hub::Greet{std::move(payload), std::move(token)});
}

// What is no string cannot be a token: the hub would not know what to say.
void SocketClusterReader::Authenticate(Packet packet) {
  if (!packet.is_call()) return Close(kBadHandshakeCode);
  bool none = packet.data.empty() || packet.data == "null";
  if (none || Is(packet.data, JsonKind::kString)) {
    std::string token = none ? std::string() : Unquote(packet.data);
    return Add(packet, RequestKind::kAuthenticate, hub::Authenticate{std::move(token)});
  }
  Add({}, RequestKind::kInvoke, hub::Deauthenticate{});
  Add(packet, RequestKind::kAuthenticate, hub::Malformed{NoTokenString()});
  Add({}, RequestKind::kInvoke, hub::Say{std::string(kTokenRemovedPacket), {}});
}

std::string SocketClusterReader::ChannelFlaw(std::string_view kind,
                                             std::string_view channel) const {
  std::string subject = std::string(kind) + " channel name";
  if (!Is(channel, JsonKind::kString)) return subject + " was malformatted";
  std::string name = Unquote(channel);
  auto is_control = [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_control)) {
    return subject + " was malformatted";
  }
  if (name.size() <= limits_.name_max) return {};
  return subject + " is longer than " + std::to_string(limits_.name_max) + " bytes";
}

void SocketClusterReader::Publish(Packet packet) {
  if (!rules_.client_publish) {
    return Refuse(packet, kInvalidAction, "Client publish feature is disabled");
  }
  ChannelData read = ReadChannelData(packet.data);
  std::string flaw = ChannelFlaw("Publish", read.channel);
  if (!flaw.empty()) return Refuse(packet, kInvalidAction, std::move(flaw));
  Add(packet, RequestKind::kPublish,
      hub::Publish{Unquote(read.channel), ToPayload(std::move(read.data))});
}

// Without a cid the original does not subscribe either.
void SocketClusterReader::Subscribe(Packet packet) {
  if (!packet.is_call()) return;
  ChannelData read = ReadChannelData(packet.data);
  std::string flaw = ChannelFlaw("Subscribe", read.channel);
  if (!flaw.empty()) return Refuse(packet, kInvalidAction, std::move(flaw));
  Add(packet, RequestKind::kSubscribe,
      hub::Subscribe{{Unquote(read.channel)}, ToPayload(std::move(read.data))});
}

void SocketClusterReader::Unsubscribe(Packet packet) {
  std::string flaw = ChannelFlaw("Unsubscribe", packet.data);
  if (!flaw.empty()) return Refuse(packet, kInvalidAction, std::move(flaw));
  Add(packet, RequestKind::kUnsubscribe, hub::Unsubscribe{{Unquote(packet.data)}});
}

void SocketClusterReader::Call(std::string name, Packet packet) {
  if (name.size() > limits_.name_max) {
    return Refuse(packet, "InvalidMessageError",
                  "The event name is longer than " + std::to_string(limits_.name_max) + " bytes");
  }
  Payload data = ToPayload(std::move(packet.data));
  Add(packet, RequestKind::kInvoke, hub::CallMethod{std::move(name), std::move(data)});
}

}  // namespace sluice::protocol
