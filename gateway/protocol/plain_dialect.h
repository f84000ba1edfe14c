// SPDX-License-Identifier: Apache-2.0
//
// A dialect of text messages in which clients neither batch, nor enter channels, nor ask what can
// be called. What a dialect has beyond that, it overrides.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/hub/dialect.h"

namespace sluice::protocol {

class PlainDialect : public hub::Dialect {
 public:
  PlainDialect(hub::DialectId id, std::string_view name, hub::LivenessRule liveness)
      : id_(id), name_(name), liveness_(std::move(liveness)) {}

  hub::DialectId id() const override { return id_; }
  std::string_view name() const override { return name_; }
  bool binary() const override { return false; }
  const hub::LivenessRule& liveness() const override { return liveness_; }

  bool Toggle(hub::DialectState&, std::string_view, bool) const override { return false; }

  std::string EncodeResult(const hub::Correlation&, const hub::Payload&) const override {
    return {};
  }
  std::string EncodeError(const hub::Correlation&, const hub::CallError&) const override {
    return {};
  }
  std::string EncodeChannels(const hub::Correlation&,
                             absl::Span<const hub::ChannelResult>) const override {
    return {};
  }
  std::string EncodeBatch(absl::Span<const std::string>) const override { return {}; }
  std::optional<std::string> EncodeRequest(const hub::DialectState&, uint64_t, std::string_view,
                                           const hub::Payload&) const override {
    return std::nullopt;
  }
  hub::CloseFrame Close(hub::CloseCause cause) const override {
    const hub::CloseRule& rule = hub::RuleOf(cause);
    return {rule.code, std::string(rule.reason)};
  }

 private:
  const hub::DialectId id_;
  const std::string_view name_;
  const hub::LivenessRule liveness_;
};

}  // namespace sluice::protocol
