// SPDX-License-Identifier: Apache-2.0
//
// Several keys at once, and their exchange while tokens of the old ones are about.
#include <gtest/gtest.h>

#include <thread>

#include "gateway/tokens/jwt_authority.h"
#include "tests/tokens/key_files.h"

namespace sluice::tokens {
namespace {

constexpr char kOld[] = "- {kid: old, algorithm: HS256, secret: the-old-one}\n";
constexpr char kNew[] = "- {kid: new, algorithm: HS256, secret: the-new-one}\n";

class JwtRotationTest : public testing::Test {
 protected:
  std::unique_ptr<JwtAuthority> Authority(const std::string& keys) {
    auto authority = JwtAuthority::Make({.keys_file = files_.Write("keys.yaml", keys)});
    EXPECT_TRUE(authority.ok()) << authority.status();
    return *std::move(authority);
  }
  static std::string Signed(const JwtAuthority& authority) {
    return authority.Sign(R"({"sub":"ann"})", kNow)->text;
  }
  static bool IsGood(const JwtAuthority& authority, const std::string& token) {
    return std::holds_alternative<hub::Token>(authority.Verify(token, kNow));
  }

  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
  KeyFiles files_;
};

TEST_F(JwtRotationTest, TheFirstKeySignsAndAllVerify) {
  std::string old_token = Signed(*Authority(kOld));
  std::string new_token = Signed(*Authority(kNew));
  auto both = Authority(std::string(kNew) + kOld);
  EXPECT_EQ(Signed(*both), new_token);
  EXPECT_TRUE(IsGood(*both, old_token));
  EXPECT_TRUE(IsGood(*both, new_token));
  auto only_new = Authority(kNew);
  EXPECT_FALSE(IsGood(*only_new, old_token));
}

TEST_F(JwtRotationTest, AKidNamesTheKey) {
  // The right secret under the wrong name.
  auto misnamed = Authority("- {kid: new, algorithm: HS256, secret: the-old-one}\n");
  EXPECT_FALSE(IsGood(*Authority(std::string(kNew) + kOld), Signed(*misnamed)));
}

TEST_F(JwtRotationTest, WithoutKidEveryKeyIsTried) {
  std::string nameless = Signed(*Authority("- {algorithm: HS256, secret: the-old-one}\n"));
  EXPECT_TRUE(IsGood(*Authority(std::string(kNew) + kOld), nameless));
  std::string named = Signed(*Authority(kOld));
  EXPECT_TRUE(IsGood(*Authority("- {algorithm: HS256, secret: the-old-one}\n"), named));
}

TEST_F(JwtRotationTest, KindsMayBeMixed) {
  files_.WriteEc("p256", "P-256");
  files_.WriteRsa("rsa");
  std::string old_token = Signed(*Authority(kOld));
  auto mixed = Authority(std::string("- {kid: v, algorithm: RS256, public_key_file: rsa.pub}\n"
                                     "- {kid: e, algorithm: ES256, private_key_file: p256.key}\n") +
                         kOld);
  EXPECT_TRUE(IsGood(*mixed, old_token));
  EXPECT_TRUE(IsGood(*mixed, Signed(*mixed)));
  EXPECT_FALSE(IsGood(*Authority(kOld), Signed(*mixed)));
}

TEST_F(JwtRotationTest, Reload) {
  auto authority = Authority(kOld);
  std::string old_token = Signed(*authority);
  files_.Write("keys.yaml", std::string(kNew) + kOld);
  EXPECT_TRUE(authority->Reload().ok());
  EXPECT_NE(Signed(*authority), old_token);
  EXPECT_TRUE(IsGood(*authority, old_token));
  files_.Write("keys.yaml", kNew);
  EXPECT_TRUE(authority->Reload().ok());
  EXPECT_FALSE(IsGood(*authority, old_token));
}

TEST_F(JwtRotationTest, ABrokenFileChangesNothing) {
  auto authority = Authority(kOld);
  std::string token = Signed(*authority);
  for (const char* broken : {"", "- {algorithm: HS256", "[]", "- {algorithm: none, secret: x}"}) {
    files_.Write("keys.yaml", broken);
    absl::Status status = authority->Reload();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << broken;
    EXPECT_NE(status.message().find("keys.yaml"), absl::string_view::npos) << status;
    EXPECT_TRUE(IsGood(*authority, token));
    EXPECT_EQ(Signed(*authority), token);
  }
}

TEST_F(JwtRotationTest, WhileOthersVerify) {
  auto authority = Authority(kOld);
  std::string token = Signed(*authority);
  files_.Write("keys.yaml", std::string(kNew) + kOld);
  std::thread reader([&] {
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(IsGood(*authority, token));
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(authority->Reload().ok());
  reader.join();
}

}  // namespace
}  // namespace sluice::tokens
