// SPDX-License-Identifier: Apache-2.0
//
// Signed tokens by keys from a file. Several keys may be good at once, so that they can be
// exchanged: add the new key behind the old one everywhere, move it to the front, and drop the old
// one when its last token has expired.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gateway/hub/tokens.h"
#include "gateway/tokens/jwt_key.h"
#include "gateway/tokens/jwt_options.h"

namespace sluice::tokens {

class JwtAuthority final : public hub::TokenAuthority {
 public:
  // INVALID_ARGUMENT names what is wrong with the file. Without a file there are no keys: then no
  // token is good, and none can be signed.
  static absl::StatusOr<std::unique_ptr<JwtAuthority>> Make(JwtOptions options);

  // Reads the file again. If something is wrong with it, the old keys stay in use.
  absl::Status Reload();

  // What the keys in use were read from.
  std::vector<std::string> files() const;

  // A token that names a key (kid) is tried with that one and with those that have no name; all of
  // them must be of the algorithm that it names.
  std::variant<hub::Token, hub::TokenFlaw> Verify(std::string_view token,
                                                  absl::Time now) const override;

  // With the first key that can.
  absl::StatusOr<hub::Token> Sign(std::string_view claims_json, absl::Time now) const override;

 private:
  using Keys = std::shared_ptr<const std::vector<JwtKey>>;
  explicit JwtAuthority(JwtOptions options)
      : options_(std::move(options)), keys_(std::make_shared<const std::vector<JwtKey>>()) {}
  Keys keys() const;

  const JwtOptions options_;
  mutable absl::Mutex mutex_;
  Keys keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::tokens
