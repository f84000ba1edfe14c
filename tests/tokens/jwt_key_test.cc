// SPDX-License-Identifier: Apache-2.0
//
// Files of keys: what is in them, and what they are refused for.
#include "gateway/tokens/jwt_key.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/tokens/key_files.h"

namespace sluice::tokens {
namespace {

class JwtKeyTest : public testing::Test {
 protected:
  std::vector<JwtKey> Loaded(const std::string& text) {
    auto keys = LoadJwtKeys(files_.Write("keys.yaml", text));
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.ok() ? *std::move(keys) : std::vector<JwtKey>();
  }
  // What it is refused for, behind the file's name.
  std::string Refused(const std::string& text) {
    std::string file = files_.Write("keys.yaml", text);
    auto keys = LoadJwtKeys(file);
    if (keys.ok()) return "";
    EXPECT_EQ(keys.status().code(), absl::StatusCode::kInvalidArgument);
    std::string message(keys.status().message());
    return message.starts_with(file + ": ") ? message.substr(file.size() + 2) : message;
  }

  KeyFiles files_;
};

TEST_F(JwtKeyTest, YamlAndJson) {
  for (const char* text : {"- kid: a\n  algorithm: HS256\n  secret: xyz\n- algorithm: HS512\n"
                           "  secret: \"1 2\"\n",
                           R"([{"kid":"a","algorithm":"HS256","secret":"xyz"},
                               {"algorithm":"HS512","secret":"1 2"}])"}) {
    std::vector<JwtKey> keys = Loaded(text);
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_EQ(keys[0].kid, "a");
    EXPECT_EQ(keys[0].sign_with, "xyz");
    EXPECT_EQ(keys[0].verify_with, "xyz");
    EXPECT_EQ(keys[1].kid, "");
    EXPECT_EQ(keys[1].sign_with, "1 2");
  }
}

TEST_F(JwtKeyTest, FilesAreBesideTheList) {
  files_.Write("secret.txt", "one line\n");
  files_.WriteRsa("rsa");
  std::vector<JwtKey> keys = Loaded(
      "- {algorithm: HS256, secret_file: secret.txt}\n"
      "- {algorithm: RS256, public_key_file: rsa.pub}\n"
      "- {algorithm: RS512, private_key_file: " +
      files_.Path("rsa.key") + "}\n");
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].sign_with, "one line");
  EXPECT_FALSE(keys[1].can_sign());
  EXPECT_TRUE(keys[2].can_sign());
  EXPECT_EQ(keys[1].verify_with, keys[2].verify_with);
}

TEST_F(JwtKeyTest, NoFile) {
  auto keys = LoadJwtKeys(files_.Path("absent"));
  EXPECT_EQ(keys.status().message(), files_.Path("absent") + " cannot be read");
}

TEST_F(JwtKeyTest, Shapes) {
  EXPECT_EQ(Refused(""), "is no list of keys");
  EXPECT_EQ(Refused("[]"), "is no list of keys");
  EXPECT_EQ(Refused("{algorithm: HS256, secret: x}"), "is no list of keys");
  EXPECT_EQ(Refused("- x"), "key 1: is no mapping");
  EXPECT_EQ(Refused("- {algorithm: HS256, secret: [x]}"), "key 1: secret: is no text");
  EXPECT_EQ(Refused("- {algorithm: HS256, secert: x}"), "key 1: secert: there is no such field");
  EXPECT_NE(Refused("- {algorithm: HS256"), "");
  std::string many;
  for (size_t i = 0; i <= kJwtKeysMax; ++i) many += "- {algorithm: HS256, secret: x}\n";
  EXPECT_EQ(Refused(many), "more than 100 keys");
}

TEST_F(JwtKeyTest, Algorithms) {
  for (const char* algorithm : {"none", "hs256", "PS256", "EdDSA", ""}) {
    EXPECT_TRUE(Refused(std::string("- {algorithm: \"") + algorithm + "\", secret: x}")
                    .starts_with("key 1: algorithm: use HS256, "))
        << algorithm;
  }
}

TEST_F(JwtKeyTest, Secrets) {
  EXPECT_EQ(Refused("- {algorithm: HS256}"), "key 1: one of secret and secret_file must be given");
  EXPECT_EQ(Refused("- {algorithm: HS256, secret: x, secret_file: y}"),
            "key 1: one of secret and secret_file must be given");
  EXPECT_EQ(Refused("- {algorithm: HS256, secret: \"\"}"), "key 1: the secret is empty");
  EXPECT_EQ(Refused("- {algorithm: HS256, public_key_file: x}"),
            "key 1: HS256: takes a secret, no key file");
  files_.WriteRsa("rsa");
  EXPECT_EQ(Refused("- {algorithm: HS256, secret_file: rsa.pub}"),
            "key 1: the secret is a key in PEM");
}

TEST_F(JwtKeyTest, KeyPairs) {
  files_.WriteRsa("rsa");
  files_.WriteRsa("other");
  files_.WriteRsa("small", 1024);
  files_.WriteEc("p256", "P-256");
  files_.Write("text", "no key");
  EXPECT_EQ(Refused("- {algorithm: RS256}"),
            "key 1: private_key_file or public_key_file must be given");
  EXPECT_EQ(Refused("- {algorithm: RS256, secret: x}"), "key 1: RS256: takes key files, no secret");
  EXPECT_EQ(Refused("- {algorithm: RS256, public_key_file: text}"),
            "key 1: public_key_file: is no public key in PEM");
  EXPECT_EQ(Refused("- {algorithm: RS256, private_key_file: rsa.pub}"),
            "key 1: private_key_file: is no private key in PEM without a passphrase");
  EXPECT_EQ(Refused("- {algorithm: RS256, public_key_file: p256.pub}"),
            "key 1: public_key_file: is no RSA key");
  EXPECT_EQ(Refused("- {algorithm: ES256, private_key_file: rsa.key}"),
            "key 1: private_key_file: is no elliptic-curve key");
  EXPECT_EQ(Refused("- {algorithm: ES384, private_key_file: p256.key}"),
            "key 1: private_key_file: is not on the curve of the algorithm");
  EXPECT_EQ(Refused("- {algorithm: RS256, public_key_file: small.pub}"),
            "key 1: public_key_file: has less than 2048 bits");
  EXPECT_EQ(Refused("- {algorithm: RS256, private_key_file: rsa.key, public_key_file: other.pub}"),
            "key 1: private_key_file and public_key_file do not belong together");
  EXPECT_EQ(Refused("- {algorithm: RS256, public_key_file: absent}"),
            "key 1: " + files_.Path("absent") + " cannot be read");
}

TEST_F(JwtKeyTest, NamesThatAreUsedTwice) {
  EXPECT_EQ(Refused("- {kid: a, algorithm: HS256, secret: x}\n"
                    "- {kid: a, algorithm: HS256, secret: y}\n"),
            "key 2: kid: another key of this algorithm has it");
  EXPECT_EQ(Refused("- {kid: a, algorithm: HS256, secret: x}\n"
                    "- {kid: a, algorithm: HS384, secret: y}\n"),
            "");
}

}  // namespace
}  // namespace sluice::tokens
