// SPDX-License-Identifier: Apache-2.0
//
// What a shard needs beside sockets and workers: somebody who knows tokens, and who listens to
// publications.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/hub/shard_types.h"
#include "gateway/hub/tokens.h"

namespace sluice::fakes {

class KeptPublications final : public hub::PublicationTap {
 public:
  bool wanted() const override { return true; }
  void OnPublication(hub::Publication publication) override {
    publications.push_back(std::move(publication));
  }
  std::vector<hub::Publication> publications;
};

// Tokens are plain words: "good:USER" is good for an hour, "bad" is bad, and "early" is not good
// yet.
class FakeTokens final : public hub::TokenAuthority {
 public:
  std::variant<hub::Token, hub::TokenFlaw> Verify(std::string_view token,
                                                  absl::Time now) const override {
    if (token.substr(0, 5) == "good:") return Make(std::string(token.substr(5)), now);
    hub::CallError error = hub::MakeError(hub::Fault::kApplication);
    error.name = std::string(token);
    return hub::TokenFlaw{error, token != "early"};
  }
  absl::StatusOr<hub::Token> Sign(std::string_view claims, absl::Time now) const override {
    return Make(std::string(claims), now);
  }

 private:
  static hub::Token Make(const std::string& user, absl::Time now) {
    return {"good:" + user, "{\"user\":\"" + user + "\"}", user, now + absl::Hours(1)};
  }
};

}  // namespace sluice::fakes
