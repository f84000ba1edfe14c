// SPDX-License-Identifier: Apache-2.0
#include "control/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace sluice::control {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct TokensTest : testing::Test {
  void Write(const std::string& text) { std::ofstream(path) << text; }
  std::string path = testing::TempDir() + "/tokens_" +
                     testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string first = "first-token-0123456789";
  const std::string second = "second-token-0123456789";
};

TEST_F(TokensTest, WithoutAFileEverybodyMayCome) {
  Tokens tokens("");
  EXPECT_FALSE(tokens.required());
  EXPECT_TRUE(tokens.Load().ok());
  EXPECT_TRUE(tokens.Admit(""));
}

TEST_F(TokensTest, EveryLineIsAToken) {
  Write("# rotated in May\n" + first + "\n\n  " + second + "\r\n");
  Tokens tokens(path);
  ASSERT_TRUE(tokens.Load().ok());
  EXPECT_TRUE(tokens.Admit("Bearer " + first));
  EXPECT_TRUE(tokens.Admit("bearer " + second));
  for (const std::string& wrong :
       {std::string(), first, std::string("Bearer "), "Bearer" + first, "Basic " + first,
        "Bearer " + first + "x", "Bearer " + first.substr(1), "Bearer " + first + first,
        "Bearer  " + first, std::string("Bearer # rotated in May"),
        "Bearer " + std::string(10'000, 'x')}) {
    EXPECT_FALSE(tokens.Admit(wrong)) << wrong;
  }
}

TEST_F(TokensTest, BeforeLoadNobodyMay) {
  Tokens tokens(path);
  EXPECT_FALSE(tokens.Admit("Bearer " + first));
}

TEST_F(TokensTest, LoadingAgainRotates) {
  Write(first);
  Tokens tokens(path);
  ASSERT_TRUE(tokens.Load().ok());
  Write(second);
  ASSERT_TRUE(tokens.Load().ok());
  EXPECT_FALSE(tokens.Admit("Bearer " + first));
  EXPECT_TRUE(tokens.Admit("Bearer " + second));
}

TEST_F(TokensTest, AFileThatIsWrongChangesNothing) {
  Write(first);
  Tokens tokens(path);
  ASSERT_TRUE(tokens.Load().ok());
  for (const std::string& wrong : {std::string(), std::string("# none\n"), std::string("short"),
                                   std::string("with a blank in the middle")}) {
    Write(wrong);
    absl::Status status = tokens.Load();
    EXPECT_THAT(std::string(status.message()), StartsWith("control-token-file: ")) << wrong;
    EXPECT_TRUE(tokens.Admit("Bearer " + first));
  }
}

TEST_F(TokensTest, ErrorsNameNoToken) {
  Write(first + "\nsecret word\n");
  Tokens tokens(path);
  EXPECT_THAT(std::string(tokens.Load().message()), Not(HasSubstr("secret")));
}

TEST_F(TokensTest, AMissingFileIsNamed) {
  Tokens tokens("/nonexistent/tokens");
  EXPECT_THAT(std::string(tokens.Load().message()), HasSubstr("/nonexistent/tokens"));
}

}  // namespace
}  // namespace sluice::control
