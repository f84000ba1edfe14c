// SPDX-License-Identifier: Apache-2.0
//
// A dialect that a test can read: one command a line, words between blanks, the first is the verb,
// the second the id ("-": no answer is wanted).
//
//   call ID METHOD PARAMS    login ID PARAMS    sub ID A,B    unsub ID A,B    list ID
//   answer ID NUMBER RESULT  bad ID             die           several lines: a batch
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

namespace sluice::fakes {

class FakeDialect final : public hub::Dialect {
 public:
  // A dialect without events and requests says nothing to an audience.
  explicit FakeDialect(hub::DialectId id = 0, bool mute = false) : id_(id), mute_(mute) {}

  // Becomes this one when a first frame is binary.
  void set_binary_twin(const FakeDialect* twin) { twin_ = twin; }

  hub::DialectId id() const override { return id_; }
  std::string_view name() const override { return "fake"; }
  bool binary() const override { return false; }
  const hub::Dialect& ForFirstFrame(bool binary_frame) const override {
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
  bool AnswersAnyway(const hub::CallError& error) const override {
    return error.fault == hub::Fault::kMethodNotFound;
  }
  std::string EncodeChannels(const hub::Correlation& c,
                             absl::Span<const hub::ChannelResult> results) const override {
    auto format = [](std::string* out, const hub::ChannelResult& result) {
      absl::StrAppend(out, result.channel, "=", static_cast<int>(result.status));
    };
    return absl::StrCat("chan ", c.id, " ", absl::StrJoin(results, ",", format));
  }
  std::string EncodeMethods(const hub::Correlation& c, absl::Span<const std::string> methods,
                            bool login) const override {
    return absl::StrCat("methods ", c.id, " ", absl::StrJoin(methods, ","), login ? ",login" : "");
  }
  std::string EncodeBatch(absl::Span<const std::string> answered) const override {
    return absl::StrJoin(answered, "|");
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
  hub::CloseFrame Close(hub::CloseCause cause) const override {
    const hub::CloseRule& rule = hub::RuleOf(cause);
    return {rule.code, std::string(rule.reason)};
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

  hub::DialectId id_;
  bool mute_;
  const FakeDialect* twin_ = nullptr;
};

}  // namespace sluice::fakes
