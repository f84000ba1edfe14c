// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/jwt_authority.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/tokens/key_files.h"

namespace sluice::tokens {
namespace {

using hub::Token;
using hub::TokenFlaw;
using nlohmann::json;

constexpr char kSecret[] = "- {algorithm: HS256, secret: a-secret-of-more-than-32-characters}";
// What jsonwebtoken made of {"sub":"ann","iat":1700000000,"exp":3160000000000000} with kSecret.
constexpr char kForeign[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MzE2MDAwM"
    "DAwMDAwMDAwMH0.W_vI1EJmKlyY95RTar2EmQRODJUNdQ7Ch_lQV419Qd0";

class JwtAuthorityTest : public testing::Test {
 protected:
  std::unique_ptr<JwtAuthority> Authority(const std::string& keys, JwtOptions options = {}) {
    options.keys_file = files_.Write("keys.yaml", keys);
    auto authority = JwtAuthority::Make(options);
    EXPECT_TRUE(authority.ok()) << authority.status();
    return authority.ok() ? *std::move(authority) : nullptr;
  }
  static std::string Signed(const JwtAuthority& authority, const std::string& claims,
                            absl::Time now = kNow) {
    auto token = authority.Sign(claims, now);
    EXPECT_TRUE(token.ok()) << token.status();
    return token.ok() ? token->text : "";
  }
  // "" if it is good.
  static std::string Flaw(const JwtAuthority& authority, std::string_view token,
                          absl::Time now = kNow) {
    auto result = authority.Verify(token, now);
    auto* flaw = std::get_if<TokenFlaw>(&result);
    if (flaw == nullptr) return "";
    EXPECT_EQ(flaw->is_bad, flaw->error.name != "AuthTokenNotBeforeError");
    return absl::StrCat(flaw->error.name, " ", flaw->error.message, " ", flaw->error.data_json);
  }
  static std::string Invalid(const std::string& message) {
    return "AuthTokenInvalidError " + message + R"( {"isBadToken":true})";
  }
  static json Part(const std::string& token, int index) {
    std::vector<std::string> parts = absl::StrSplit(token, '.');
    std::string text;
    EXPECT_TRUE(absl::WebSafeBase64Unescape(parts.at(static_cast<size_t>(index)), &text));
    return json::parse(text);
  }
  static std::string Encoded(const std::string& text) {
    std::string out;
    absl::WebSafeBase64Escape(text, &out);
    return out;
  }

  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
  KeyFiles files_;
};

TEST_F(JwtAuthorityTest, SignsAndVerifies) {
  auto authority = Authority(kSecret);
  auto signed_token = authority->Sign(R"({"sub":"ann","deep":{"a":[1,"x",null]}})", kNow);
  ASSERT_TRUE(signed_token.ok()) << signed_token.status();
  auto result = authority->Verify(signed_token->text, kNow);
  ASSERT_TRUE(std::holds_alternative<Token>(result));
  const Token& token = std::get<Token>(result);
  EXPECT_EQ(token.text, signed_token->text);
  EXPECT_EQ(token.claims_json, signed_token->claims_json);
  EXPECT_EQ(token.user, "ann");
  EXPECT_EQ(token.expires, kNow + absl::Hours(24));
  EXPECT_EQ(
      json::parse(token.claims_json),
      json::parse(R"({"sub":"ann","deep":{"a":[1,"x",null]},"iat":1700000000,"exp":1700086400})"));
  EXPECT_EQ(Part(token.text, 0), json::parse(R"({"alg":"HS256","typ":"JWT"})"));
}

TEST_F(JwtAuthorityTest, AnotherLibrarysToken) {
  auto authority = Authority(kSecret);
  auto result = authority->Verify(kForeign, kNow);
  ASSERT_TRUE(std::holds_alternative<Token>(result)) << Flaw(*authority, kForeign);
  EXPECT_EQ(std::get<Token>(result).claims_json,
            R"({"sub":"ann","iat":1700000000,"exp":3160000000000000})");
}

TEST_F(JwtAuthorityTest, EveryAlgorithm) {
  files_.WriteRsa("rsa");
  files_.WriteEc("p256", "P-256");
  files_.WriteEc("p384", "P-384");
  files_.WriteEc("p521", "P-521");
  for (auto [algorithm, key] : {std::pair("RS256", "rsa"),
                                {"RS384", "rsa"},
                                {"RS512", "rsa"},
                                {"ES256", "p256"},
                                {"ES384", "p384"},
                                {"ES512", "p521"},
                                {"HS384", ""},
                                {"HS512", ""}}) {
    std::string material =
        *key == '\0' ? "secret: xyz" : absl::StrCat("private_key_file: ", key, ".key");
    auto authority = Authority(absl::StrCat("- {algorithm: ", algorithm, ", ", material, "}"));
    ASSERT_NE(authority, nullptr);
    std::string token = Signed(*authority, R"({"sub":"ann"})");
    EXPECT_EQ(Part(token, 0)["alg"], algorithm);
    EXPECT_EQ(Flaw(*authority, token), "") << algorithm;
    char& within = token[token.size() - 8];
    within = within == 'A' ? 'B' : 'A';
    EXPECT_EQ(Flaw(*authority, token), Invalid("invalid signature")) << algorithm;
  }
}

TEST_F(JwtAuthorityTest, APublicKeyOnlyVerifies) {
  files_.WriteEc("p256", "P-256");
  auto signer =
      Authority("- {algorithm: ES256, private_key_file: p256.key, public_key_file: p256.pub}");
  auto verifier = Authority("- {algorithm: ES256, public_key_file: p256.pub}");
  EXPECT_EQ(Flaw(*verifier, Signed(*signer, "{}")), "");
  EXPECT_EQ(verifier->Sign("{}", kNow).status().code(), absl::StatusCode::kFailedPrecondition);
}

// --- Time ----------------------------------------------------------------------------------------

TEST_F(JwtAuthorityTest, Expired) {
  auto authority = Authority(kSecret);
  std::string token = Signed(*authority, R"({"exp":1})");
  EXPECT_EQ(Flaw(*authority, token, absl::UnixEpoch()), "");
  EXPECT_EQ(Flaw(*authority, token, absl::FromUnixSeconds(1)),
            R"(AuthTokenExpiredError jwt expired {"expiry":"1970-01-01T00:00:01.000Z",)"
            R"("isBadToken":true})");
}

TEST_F(JwtAuthorityTest, NotYetActive) {
  auto authority = Authority(kSecret);
  std::string token = Signed(*authority, R"({"nbf":4102444800,"exp":1})");
  EXPECT_EQ(Flaw(*authority, token),
            R"(AuthTokenNotBeforeError jwt not active {"date":"2100-01-01T00:00:00.000Z",)"
            R"("isBadToken":false})");
  EXPECT_EQ(Flaw(*authority, Signed(*authority, R"({"nbf":1700000000})")), "");
}

TEST_F(JwtAuthorityTest, TimesFarAway) {
  auto authority = Authority(kSecret);
  for (const char* exp :
       {"3160000000000000", "3.16e15", "9007199254740993", "1700000000.5", "1e300"}) {
    std::string token = Signed(*authority, absl::StrCat(R"({"exp":)", exp, "}"));
    EXPECT_EQ(Flaw(*authority, token), "") << exp;
  }
  auto date = [&](const char* nbf) {
    std::string flaw = Flaw(*authority, Signed(*authority, absl::StrCat(R"({"nbf":)", nbf, "}")));
    return flaw.substr(flaw.find('{'));
  };
  EXPECT_EQ(date("3.16e15"), R"({"date":null,"isBadToken":false})");
  EXPECT_EQ(date("1e300"), R"({"date":null,"isBadToken":false})");
  EXPECT_EQ(date("8.64e12"), R"({"date":"+275760-09-13T00:00:00.000Z","isBadToken":false})");
}

TEST_F(JwtAuthorityTest, TheDefaultExpiryAndTheTokensOwn) {
  auto authority = Authority(kSecret, {.expiry = absl::Minutes(5)});
  EXPECT_EQ(Part(Signed(*authority, "{}"), 1),
            json::parse(R"({"iat":1700000000,"exp":1700000300})"));
  EXPECT_EQ(Part(Signed(*authority, R"({"exp":5,"iat":4})"), 1),
            json::parse(R"({"iat":4,"exp":5})"));
}

TEST_F(JwtAuthorityTest, ClaimsThatAreNone) {
  auto authority = Authority(kSecret);
  for (const char* claims : {"", "[]", "5", "null", "{", R"({"exp":"1"})", R"({"exp":null})",
                             R"({"nbf":[]})", R"({"a":1,"a":2})", R"({"a":1e999})"}) {
    EXPECT_EQ(authority->Sign(claims, kNow).status().code(), absl::StatusCode::kInvalidArgument)
        << claims;
  }
  EXPECT_FALSE(authority->Sign(std::string_view("{}\0{", 4), kNow).ok());
}

// --- Who it is -----------------------------------------------------------------------------------

TEST_F(JwtAuthorityTest, TheClaimThatNamesTheUser) {
  auto user = [](const JwtAuthority& authority, const char* claims) {
    auto token = authority.Sign(claims, kNow);
    return token.ok() ? token->user : token.status().ToString();
  };
  auto authority = Authority(kSecret);
  EXPECT_EQ(user(*authority, R"({"sub":"\u00e9"})"), "\u00e9");
  EXPECT_EQ(user(*authority, R"({"sub":42})"), "42");
  EXPECT_EQ(user(*authority, R"({"sub":{"a":1}})"), "");
  EXPECT_EQ(user(*authority, R"({"username":"ann"})"), "");
  auto other = Authority(kSecret, {.user_claim = "username"});
  EXPECT_EQ(user(*other, R"({"username":"ann"})"), "ann");
}

TEST_F(JwtAuthorityTest, AUserWhomNobodyCouldAddressIsRefused) {
  auto authority = Authority(kSecret);
  auto signs = [&](const std::string& user) {
    return authority->Sign(R"({"sub":")" + user + R"("})", kNow).status().code();
  };
  EXPECT_EQ(signs(std::string(255, 'u')), absl::StatusCode::kOk);
  EXPECT_EQ(signs(std::string(256, 'u')), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(signs(R"(a\nb)"), absl::StatusCode::kInvalidArgument);
  // Another library's: the signature is good, the user is not.
  auto lenient = Authority(kSecret, {.user_claim = "other"});
  auto token = lenient->Sign(R"({"sub":")" + std::string(256, 'u') + R"("})", kNow);
  ASSERT_TRUE(token.ok());
  auto verified = authority->Verify(token->text, kNow);
  ASSERT_TRUE(std::holds_alternative<hub::TokenFlaw>(verified));
  const auto& error = std::get<hub::TokenFlaw>(verified).error;
  EXPECT_EQ(error.name, "AuthTokenInvalidError");
  EXPECT_EQ(error.message, "the user has more than 255 bytes, or control characters");
}

// --- What is no token ----------------------------------------------------------------------------

TEST_F(JwtAuthorityTest, TextsThatAreNoTokens) {
  auto authority = Authority(kSecret);
  EXPECT_EQ(Flaw(*authority, ""), Invalid("jwt must be provided"));
  for (const char* text : {"x", "a.b", "a.b.c.d", "...."}) {
    EXPECT_EQ(Flaw(*authority, text), Invalid("jwt malformed")) << text;
  }
  std::string header = Encoded(R"({"alg":"HS256","typ":"JWT"})"), claims = Encoded("{}");
  for (const std::string& text :
       {std::string("a.b.c"), std::string(".."), header + ".e30=.c", header + ".e30 .c",
        header + "." + claims + ".a+b", header + "." + Encoded("5") + ".c",
        Encoded("[]") + "." + claims + ".c",
        Encoded(R"({"alg":"HS256","crit":["x"]})") + "." + claims + ".c",
        Encoded(R"({"alg":"HS256","typ":"at+jwt"})") + "." + claims + ".c"}) {
    EXPECT_EQ(Flaw(*authority, text), Invalid("invalid token")) << text;
  }
  EXPECT_EQ(Flaw(*authority, header + "." + claims + "."), Invalid("jwt signature is required"));
  EXPECT_EQ(Flaw(*authority, header + "." + claims + ".c"), Invalid("invalid signature"));
}

TEST_F(JwtAuthorityTest, AnotherSecretsToken) {
  auto ours = Authority(kSecret);
  auto theirs = Authority("- {algorithm: HS256, secret: another}");
  EXPECT_EQ(Flaw(*ours, Signed(*theirs, "{}")), Invalid("invalid signature"));
}

TEST_F(JwtAuthorityTest, WithoutKeysNothingIsGood) {
  auto authority = JwtAuthority::Make({});
  ASSERT_TRUE(authority.ok());
  auto signer = Authority(kSecret);
  EXPECT_EQ(Flaw(**authority, Signed(*signer, "{}")),
            Invalid("secret or public key must be provided"));
  EXPECT_EQ((*authority)->Sign("{}", kNow).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE((*authority)->Reload().ok());
}

// --- Algorithms are not confused -----------------------------------------------------------------

TEST_F(JwtAuthorityTest, AnUnsignedTokenIsNone) {
  auto authority = Authority(kSecret);
  for (const char* algorithm : {"none", "None", "NONE", ""}) {
    std::string head = Encoded(absl::StrCat(R"({"alg":")", algorithm, R"(","typ":"JWT"})"));
    std::string token = head + "." + Encoded(R"({"sub":"root"})") + ".";
    EXPECT_EQ(Flaw(*authority, token), Invalid("jwt signature is required")) << algorithm;
    EXPECT_EQ(Flaw(*authority, token + "YQ"), Invalid("invalid algorithm")) << algorithm;
  }
  EXPECT_EQ(Flaw(*authority, Encoded("{}") + "." + Encoded("{}") + ".YQ"),
            Invalid("invalid algorithm"));
}

TEST_F(JwtAuthorityTest, APublicKeyIsNoSecret) {
  files_.WriteRsa("rsa");
  auto authority = Authority("- {algorithm: RS256, public_key_file: rsa.pub}");
  // Signed with the text of the public key, which everybody knows.
  std::ifstream file(files_.Path("rsa.pub"));
  std::string pem{std::istreambuf_iterator<char>(file), {}};
  files_.Write("attack.txt", " " + pem);
  auto attacker = Authority("- {algorithm: HS256, secret_file: attack.txt}");
  ASSERT_NE(attacker, nullptr);
  EXPECT_EQ(Flaw(*authority, Signed(*attacker, "{}")), Invalid("invalid algorithm"));
}

TEST_F(JwtAuthorityTest, AKeyPairServesOneAlgorithmOnly) {
  files_.WriteRsa("rsa");
  auto rs256 = Authority("- {algorithm: RS256, private_key_file: rsa.key}");
  auto rs512 = Authority("- {algorithm: RS512, private_key_file: rsa.key}");
  EXPECT_EQ(Flaw(*rs256, Signed(*rs512, "{}")), Invalid("invalid algorithm"));
}

TEST_F(JwtAuthorityTest, ASecretVerifiesEverySize) {
  for (const char* signer : {"HS256", "HS384", "HS512"}) {
    auto theirs = Authority(absl::StrCat("- {algorithm: ", signer, ", secret: same}"));
    std::string token = Signed(*theirs, "{}");
    for (const char* verifier : {"HS256", "HS384", "HS512"}) {
      auto ours = Authority(absl::StrCat("- {algorithm: ", verifier, ", secret: same}"));
      EXPECT_EQ(Flaw(*ours, token), "") << signer << " " << verifier;
      auto other = Authority(absl::StrCat("- {algorithm: ", verifier, ", secret: other}"));
      EXPECT_EQ(Flaw(*other, token), Invalid("invalid signature")) << signer << " " << verifier;
    }
  }
}

}  // namespace
}  // namespace sluice::tokens
