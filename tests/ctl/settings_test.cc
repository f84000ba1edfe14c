// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace sluice::ctl {
namespace {

using ::testing::HasSubstr;

class SettingsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Settings> Get() {
    return Resolve(
        given,
        [this](const char* name) -> const char* {
          auto found = variables.find(name);
          return found == variables.end() ? nullptr : found->second.c_str();
        },
        file);
  }
  std::string Refused() { return std::string(Get().status().message()); }
  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = ::testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  Given given;
  std::map<std::string, std::string> variables;
  ConfigFile file;
};

TEST_F(SettingsTest, FlagsWinOverTheEnvironmentAndThatOverTheContext) {
  EXPECT_EQ(Get()->address, "127.0.0.1:50051");
  file.contexts["one"] = {{"address", "context:1"}, {"namespace", "c"}, {"timeout", "3s"}};
  file.current = "one";
  EXPECT_EQ(Get()->address, "context:1");
  variables["SLUICECTL_ADDRESS"] = "variable:1";
  EXPECT_EQ(Get()->address, "variable:1");
  given.values["address"] = "flag:1";
  EXPECT_EQ(Get()->address, "flag:1");
  EXPECT_EQ(Get()->space, "c");
  EXPECT_EQ(Get()->timeout, absl::Seconds(3));
}

TEST_F(SettingsTest, WhichContext) {
  file.contexts["one"] = {{"address", "one:1"}};
  file.contexts["two"] = {{"address", "two:1"}};
  file.contexts["three"] = {{"address", "three:1"}};
  EXPECT_EQ(Get()->address, "127.0.0.1:50051");
  file.current = "one";
  EXPECT_EQ(Get()->address, "one:1");
  variables["SLUICECTL_CONTEXT"] = "two";
  EXPECT_EQ(Get()->address, "two:1");
  given.context = "three";
  EXPECT_EQ(Get()->address, "three:1");
  given.context = "four";
  EXPECT_EQ(Refused(), "--context: no context four in the config file");
}

TEST_F(SettingsTest, WhetherItIsTls) {
  EXPECT_FALSE(Get()->tls);
  file.contexts["one"] = {{"tls-ca", "ca.pem"}};
  file.current = "one";
  EXPECT_TRUE(Get()->tls);
  variables["SLUICECTL_PLAINTEXT"] = "true";
  EXPECT_FALSE(Get()->tls);
  given.values["tls"] = "true";
  EXPECT_TRUE(Get()->tls);
  given.values["plaintext"] = "true";
  EXPECT_EQ(Refused(), "--plaintext: contradicts --tls");
  given.values.clear();
  variables["SLUICECTL_PLAINTEXT"] = "maybe";
  EXPECT_EQ(Refused(), "SLUICECTL_PLAINTEXT: use true or false");
}

TEST_F(SettingsTest, ACertificateNeedsItsKey) {
  given.values["tls-cert"] = "cert.pem";
  EXPECT_THAT(Refused(), HasSubstr("--tls-key"));
}

TEST_F(SettingsTest, TheTokenComesFromAFileOrTheEnvironment) {
  given.values["token-file"] =
      Write("tokens", "# rotated weekly\n\n  first-token-of-all \nsecond\n");
  EXPECT_EQ(Get()->token, "first-token-of-all");
  variables["SLUICECTL_TOKEN"] = "of-the-environment";
  EXPECT_EQ(Get()->token, "first-token-of-all");
  given.values.clear();
  EXPECT_EQ(Get()->token, "of-the-environment");
  variables["SLUICECTL_TOKEN_FILE"] = Write("tokens", "x");
  EXPECT_THAT(Refused(), HasSubstr("contradicts SLUICECTL_TOKEN_FILE"));
  variables.clear();
  given.values["token-file"] = Write("none", "# nothing\n");
  EXPECT_THAT(Refused(), HasSubstr("holds no token"));
  given.values["token-file"] = "/nowhere/token";
  EXPECT_THAT(Refused(), HasSubstr("--token-file: /nowhere/token: No such file"));
}

TEST_F(SettingsTest, ATokenDoesNotTravelInTheClearByMistake) {
  variables["SLUICECTL_TOKEN"] = "0123456789abcdef";
  EXPECT_TRUE(Get().ok());
  given.values["address"] = "sluice.internal:50051";
  EXPECT_THAT(Refused(), HasSubstr("in the clear"));
  given.values["plaintext"] = "true";
  EXPECT_TRUE(Get().ok());
  given.values.erase("plaintext");
  given.values["tls"] = "true";
  EXPECT_TRUE(Get().ok());
  variables["SLUICECTL_TOKEN"] = "line\nbreak";
  EXPECT_THAT(Refused(), HasSubstr("the token has characters"));
}

TEST_F(SettingsTest, WhatIsWrongIsNamedWhereItStands) {
  given.values["timeout"] = "soon";
  EXPECT_THAT(Refused(), HasSubstr("--timeout: use a number with"));
  given.values.clear();
  variables["SLUICECTL_OUTPUT"] = "xml";
  EXPECT_EQ(Refused(), "SLUICECTL_OUTPUT: use one of table, json, yaml");
  variables = {{"SLUICECTL_NAMESPACE", "\xff"}};
  EXPECT_EQ(Refused(), "SLUICECTL_NAMESPACE: is no UTF-8");
  variables.clear();
  file.contexts["one"] = {{"adress", "x"}};
  file.current = "one";
  EXPECT_EQ(Refused(), "context one: adress: unknown key");
}

TEST(VariablesTest, OursAlone) {
  const char* good[] = {"PATH=/bin", "SLUICE_TOKEN=x", "SLUICECTL_TOKEN=x", "SLUICECTL_TLS_CA=x",
                        nullptr};
  EXPECT_TRUE(CheckVariables(good).ok());
  const char* wrong[] = {"SLUICECTL_ADRESS=x", nullptr};
  EXPECT_EQ(CheckVariables(wrong).message(), "SLUICECTL_ADRESS: unknown variable");
}

TEST(ConfigFileTest, Contexts) {
  auto file = ParseConfig("current-context: a\ncontexts:\n  a:\n    address: x:1\n  b: {}\n", "f");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->current, "a");
  EXPECT_EQ(file->contexts.size(), 2);
  EXPECT_EQ(file->contexts["a"]["address"], "x:1");
  EXPECT_TRUE(ParseConfig("", "f")->contexts.empty());
  for (auto [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"contexts: [a]", "f: contexts: use a map"},
           {"contexts: {a: 1}", "f: context a: use a map"},
           {"contexts: {a: {address: [x]}}", "f: context a: address: use one value"},
           {"context: {}", "f: context: unknown key"},
           {"- a", "f: use a map"},
           {"a: [", "f: "}}) {
    EXPECT_THAT(std::string(ParseConfig(text, "f").status().message()), HasSubstr(why)) << text;
  }
}

TEST(ConfigFileTest, AnotherCurrentContextChangesNothingElse) {
  EXPECT_EQ(WithCurrentContext("# mine\ncurrent-context: a # now\ncontexts: {}", "b"),
            "# mine\ncurrent-context: \"b\"\ncontexts: {}");
  EXPECT_EQ(WithCurrentContext("contexts: {}\n", "b"), "current-context: \"b\"\ncontexts: {}\n");
  EXPECT_EQ(WithCurrentContext("", "b"), "current-context: \"b\"\n");
}

}  // namespace
}  // namespace sluice::ctl
