// SPDX-License-Identifier: Apache-2.0
//
// A dialect that a test can read: one command a line, words between blanks, the first is the verb,
// the second the id ("-": no answer is wanted).
//
//   call ID METHOD PARAMS    login ID PARAMS    sub ID A,B    unsub ID A,B    list ID
//   answer ID NUMBER RESULT  bad ID             die           several lines: a batch
//   greet ID PAYLOAD TOKEN   auth ID TOKEN      deauth ID     pub ID CHANNEL DATA
//   relay ID EVENT BODY      renew ID           raw ID TEXT   say ID TEXT
//
// Answers: "ok ID RESULT", "err ID LABEL", "chan ID A=0,B=1", "methods ID A,B"; a batch's are
// joined by "|". Events: "event NAME BODY"; requests: "ask NUMBER METHOD PARAMS".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/hub/dialect.h"
#include "gateway/hub/frame.h"

namespace sluice::fakes {

class FakeDialect final : public hub::Dialect {
 public:
  // A dialect without events and requests says nothing to an audience.
  explicit FakeDialect(hub::DialectId id = 0, bool mute = false)
      : Dialect({.id = id,
                 .name = "fake",
                 .liveness = {absl::Seconds(25), absl::Seconds(10), false, absl::ZeroDuration(),
                              std::string(hub::kPingFrame)}}),
        mute_(mute) {}

  // Becomes this one when a first frame is binary.
  void set_binary_twin(const FakeDialect* twin) { twin_ = twin; }

  // What makes it another dialect; to be set before somebody speaks it.
  hub::LivenessRule& rule = traits_.liveness;
  absl::Duration& greeting_within = traits_.handshake_timeout;
  bool& open = traits_.open_channels;
  bool& roster = traits_.shows_members;

  mutable int lists_encoded = 0;    // EncodeMembers, EncodeMethodList
  mutable int members_encoded = 0;  // EncodeMember

  const hub::Dialect& ForFirstFrame(bool binary_frame, std::string_view) const override {
    return binary_frame && twin_ ? *twin_ : *this;
  }

  hub::Decoded Decode(hub::DialectState&, std::string_view bytes, bool,
                      const hub::DecodeLimits&) const override {
    hub::Decoded decoded;
    std::vector<std::string> lines = absl::StrSplit(std::string(bytes), '\n');
    decoded.batch = lines.size() > 1;
    for (const std::string& line : lines) decoded.commands.push_back(Parse(line));
    return decoded;
  }

  bool Toggle(hub::DialectState& state, std::string_view channel, bool on) const override {
    if (channel != "switch") return false;
    state.flags = on;
    return true;
  }

  std::string EncodeResult(const hub::Correlation& c, const hub::Payload& result) const override {
    return absl::StrCat("ok ", c.id, " ", result.bytes);
  }
  std::string EncodeError(const hub::Correlation& c, const hub::CallError& error) const override {
    std::string label(hub::FaultLabel(error.fault).data(), hub::FaultLabel(error.fault).size());
    return absl::StrCat("err ", c.id, " ", label);
  }
  std::string EncodeChannels(const hub::Correlation& c,
                             absl::Span<const hub::ChannelResult> results) const override {
    auto format = [](std::string* out, const hub::ChannelResult& result) {
      absl::StrAppend(out, result.channel, "=", static_cast<int>(result.status));
    };
    return absl::StrCat("chan ", c.id, " ", absl::StrJoin(results, ",", format));
  }
  std::string EncodeMethodList(absl::Span<const std::string_view> methods,
                               bool login) const override {
    ++lists_encoded;
    auto format = [](std::string* out, std::string_view name) { out->append(name); };
    return absl::StrJoin(methods, ",", format) + (login ? ",login" : "");
  }
  std::string EncodeMethods(const hub::Correlation& c, std::string_view list,
                            bool cut) const override {
    return absl::StrCat("methods ", c.id, " ", std::string(list), cut ? " cut" : "");
  }
  std::string EncodeBatch(absl::Span<const std::string> answered) const override {
    return absl::StrJoin(answered, "|");
  }
  std::optional<std::string> EncodeWelcome(const hub::Correlation& c,
                                           const hub::Welcome& welcome) const override {
    if (greeting_within == absl::ZeroDuration()) return std::nullopt;
    return absl::StrCat("welcome ", c.id, " ", std::string(welcome.id), " ", welcome.payload.bytes,
                        welcome.authenticated ? " known" : "", welcome.flaw ? " flawed" : "");
  }
  std::optional<std::string> EncodeAuthenticated(const hub::Correlation& c,
                                                 const hub::TokenFlaw* flaw) const override {
    return absl::StrCat("auth ", c.id, " ", flaw ? flaw->error.name : "ok");
  }
  std::optional<std::string> EncodeToken(std::string_view token,
                                         std::optional<uint64_t> call) const override {
    if (mute_) return std::nullopt;
    return absl::StrCat("token ", std::string(token), " ", call.value_or(0));
  }
  std::optional<std::string> EncodeTokenRemoved() const override {
    if (mute_) return std::nullopt;
    return "untoken";
  }
  std::optional<std::string> EncodeKickOut(std::string_view channel,
                                           std::string_view message) const override {
    if (mute_) return std::nullopt;
    return absl::StrCat("kicked ", std::string(channel), " ", std::string(message));
  }
  std::string DetailOf(const hub::Upgrade&, std::string_view id, absl::Time) const override {
    return absl::StrCat("<", std::string(id), ">");
  }
  std::string EncodeMembers(std::string_view self, absl::Span<const hub::Member> members,
                            bool cut) const override {
    ++lists_encoded;
    auto format = [](std::string* out, const hub::Member& m) { out->append(m.detail); };
    return absl::StrCat("members ", std::string(self), " ", absl::StrJoin(members, "", format),
                        cut ? " cut" : "");
  }
  std::string EncodeMember(const hub::Member& member, bool came) const override {
    ++members_encoded;
    return absl::StrCat(came ? "came " : "left ", member.detail);
  }
  std::optional<std::string> EncodeFarewell(hub::CloseCause cause) const override {
    if (cause != hub::CloseCause::kExpired) return std::nullopt;
    return "expired";
  }
  std::optional<std::string> EncodePublication(std::string_view channel,
                                               const hub::Payload& body) const override {
    if (mute_) return std::nullopt;
    return absl::StrCat("pub ", std::string(channel), " ", body.bytes);
  }
  std::optional<std::string> EncodeEvent(std::string_view event,
                                         const hub::Payload& body) const override {
    if (mute_) return std::nullopt;
    return absl::StrCat("event ", std::string(event), " ", body.bytes);
  }
  std::optional<std::string> EncodeRequest(const hub::DialectState&, uint64_t call,
                                           std::string_view method,
                                           const hub::Payload& params) const override {
    if (mute_) return std::nullopt;
    return absl::StrCat("ask ", call, " ", std::string(method), " ", params.bytes);
  }

 private:
  static hub::Command Parse(const std::string& line) {
    std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
    words.resize(4);
    hub::Command command;
    command.correlation = {words[1], 0, words[1] != "-"};
    command.verb = VerbOf(words);
    return command;
  }

  static hub::Verb VerbOf(const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    auto list = [&] { return std::vector<std::string>(absl::StrSplit(words[2], ',')); };
    if (verb == "call") return hub::CallMethod{words[2], hub::Payload::Json(words[3])};
    if (verb == "login") return hub::Login{hub::Payload::Json(words[2])};
    if (verb == "greet") return hub::Greet{hub::Payload::Json(words[2]), words[3]};
    if (verb == "auth") return hub::Authenticate{words[2]};
    if (verb == "deauth") return hub::Deauthenticate{};
    if (verb == "pub") return hub::Publish{words[2], hub::Payload::Json(words[3])};
    if (verb == "relay") return hub::Relay{words[2], hub::Payload::Json(words[3])};
    if (verb == "renew") return hub::Renew{};
    if (verb == "raw") return hub::Forward{hub::Payload::Text(words[2])};
    if (verb == "say") return hub::Say{words[2], {}};
    if (verb == "sub") return hub::Subscribe{list()};
    if (verb == "unsub") return hub::Unsubscribe{list()};
    if (verb == "list") return hub::ListMethods{};
    if (verb == "bad") return hub::Malformed{hub::MakeError(hub::Fault::kInvalidRequest)};
    if (verb == "die") return hub::Hopeless{{4000, "as you wish"}};
    if (verb == "answer") {
      uint64_t number = 0;
      (void)absl::SimpleAtoi(words[2], &number);
      return hub::Answer{number, hub::Payload::Json(words[3])};
    }
    return hub::Ignore{};
  }

  bool mute_;
  const FakeDialect* twin_ = nullptr;
};

}  // namespace sluice::fakes
