// SPDX-License-Identifier: Apache-2.0
//
// The gateway's life as a process: how it starts, how it refuses to, and how it leaves.
#include "tests/server/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::server {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

std::string File(const std::string& name, const std::string& text) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(Start, VersionAndHelp) {
  Ended version = RunGateway({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, MatchesRegex("sluice [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  Ended help = RunGateway({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--outbox-bytes SIZE"));
  EXPECT_EQ(help.err, "");
}

TEST(Start, AWrongOptionIsOneLineAndExitCode2) {
  Ended ended = RunGateway({"--shards=many"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "sluice: --shards: \"many\" is not allowed; use a whole number from 0 to 255\n");
}

TEST(Start, AWrongVariableIsOneLineAndExitCode2) {
  Ended ended = RunGateway({}, {"SLUICE_SHARD=1"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "sluice: SLUICE_SHARD: unknown option; did you mean SLUICE_SHARDS?; --help lists them "
            "all\n");
}

TEST(Start, AWrongKeyIsOneLineAndExitCode2) {
  std::string path = File("wrong.yaml", "shards: 1\nlisten: nowhere\n");
  Ended ended = RunGateway({"--config", path});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              StartsWith("sluice: " + path + ":2: listen: \"nowhere\" is not allowed; "));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
}

TEST(Start, AnOpenControlPortWantsCredentials) {
  Ended ended = RunGateway({"--control=0.0.0.0:0", "--check-config"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, StartsWith("sluice: --control: "));
  EXPECT_THAT(ended.err, HasSubstr("control-token-file"));
  EXPECT_EQ(RunGateway({"--control=0.0.0.0:0", "--control-insecure", "--check-config"}).code, 0);
}

TEST(Start, CheckConfigSaysOk) {
  Ended ended = RunGateway({"--check-config", "--shards=1"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "ok\n");
}

TEST(Start, PrintConfigIsAConfig) {
  Ended first = RunGateway({"--print-config", "--shards=3"}, {"SLUICE_NODE=a"});
  EXPECT_EQ(first.code, 0);
  EXPECT_THAT(first.out, HasSubstr("\nshards: 3  # --shards\n"));
  EXPECT_THAT(first.out, HasSubstr("\nnode: \"a\"  # SLUICE_NODE\n"));
  std::string path = File("printed.yaml", first.out);
  Ended second = RunGateway({"--print-config", "--config", path});
  EXPECT_EQ(second.code, 0);
  EXPECT_THAT(second.out, HasSubstr("\nshards: 3  # " + path + ":"));
}

TEST(Start, AFileThatIsMissingIsNamed) {
  Ended ended = RunGateway({"--listen=127.0.0.1:0", "--control=127.0.0.1:0", "--admin=127.0.0.1:0",
                            "--tls-cert=/nonexistent.pem", "--tls-key=/nonexistent.pem"});
  EXPECT_NE(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("/nonexistent.pem"));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST(Start, AnAddressFileThatCannotBeWrittenIsNamed) {
  Ended ended = RunGateway({"--listen=127.0.0.1:0", "--control=127.0.0.1:0", "--admin=127.0.0.1:0",
                            "--address-file=/nonexistent/file"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "sluice: --address-file: cannot write /nonexistent/file; use a file in a folder that "
            "can be written\n");
}

TEST(Start, APortThatIsTakenIsNamed) {
  Gateway first;
  for (const std::string& taken :
       {"--listen=" + first.listen(), "--control=" + first.control(), "--admin=" + first.admin()}) {
    Ended ended =
        RunGateway({"--listen=127.0.0.1:0", "--control=127.0.0.1:0", "--admin=127.0.0.1:0", taken});
    EXPECT_EQ(ended.code, 1) << taken;
    EXPECT_THAT(ended.err, HasSubstr(taken.substr(taken.find('=') + 1)));
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(Run, AdminPages) {
  Gateway gateway;
  std::string ready = HttpGet(gateway.admin(), "/readyz");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ready,
              HasSubstr(R"({"ready":true,"draining":false,"storage":"memory","connections":0})"));
  EXPECT_THAT(HttpGet(gateway.admin(), "/healthz"), StartsWith("HTTP/1.1 200 "));
  std::string metrics = HttpGet(gateway.admin(), "/metrics");
  EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(metrics, HasSubstr("\nsluice_build_info{version="));
  EXPECT_THAT(metrics, HasSubstr("\nprocess_resident_memory_bytes "));
}

TEST(Run, PromtoolFindsNothingToSay) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  }
  Gateway gateway;
  std::string metrics = HttpGet(gateway.admin(), "/metrics");
  std::FILE* promtool = popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(promtool, nullptr);
  std::string text = metrics.substr(metrics.find("\r\n\r\n") + 4);
  ASSERT_EQ(std::fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(pclose(promtool), 0);
}

TEST(Run, CountsConnections) {
  Gateway gateway;
  Socket client(gateway.listen());
  ASSERT_TRUE(client.Upgrade("/chat"));
  EXPECT_THAT(HttpGet(gateway.admin(), "/readyz"), HasSubstr("\"connections\":1}"));
}

TEST(Stop, SigtermWithoutClientsEndsAtOnce) {
  Gateway gateway;
  gateway.process().Signal(SIGTERM);
  Ended ended = gateway.process().Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, ContainsRegex("info stopped"));
}

TEST(Stop, SigintIsTheSame) {
  Gateway gateway;
  gateway.process().Signal(SIGINT);
  EXPECT_EQ(gateway.process().Wait().code, 0);
}

TEST(Stop, SigtermSendsClientsAway) {
  Gateway gateway;
  Socket client(gateway.listen());
  ASSERT_TRUE(client.Upgrade("/chat"));
  gateway.process().Signal(SIGTERM);
  EXPECT_EQ(client.ReadClose(), 1001);
  EXPECT_EQ(gateway.process().Wait().code, 0);
}

TEST(Stop, ADrainHasItsPace) {
  Gateway gateway({"--drain-per-second=10"});
  std::vector<std::unique_ptr<Socket>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Socket>(gateway.listen()));
    ASSERT_TRUE(clients.back()->Upgrade("/chat" + std::to_string(i)));
  }
  absl::Time begin = absl::Now();
  gateway.process().Signal(SIGTERM);
  for (auto& client : clients) EXPECT_EQ(client->ReadClose(), 1001);
  EXPECT_EQ(gateway.process().Wait().code, 0);
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(390));
}

TEST(Stop, ASilentClientHoldsItUpForDrainTimeoutOnly) {
  Gateway gateway({"--drain-timeout=300ms", "--close-timeout=1h"});
  Socket client(gateway.listen());
  ASSERT_TRUE(client.Upgrade("/chat"));
  gateway.process().Signal(SIGTERM);
  EXPECT_EQ(gateway.process().Wait().code, 0);  // the close frame was never answered
}

TEST(Stop, IsUnreadyForTheDelayWhileClientsStay) {
  Gateway gateway({"--shutdown-delay=1h"});
  Socket client(gateway.listen());
  ASSERT_TRUE(client.Upgrade("/chat"));
  gateway.process().Signal(SIGTERM);
  ASSERT_TRUE(gateway.process().WaitForLog("leaving"));
  std::string ready = HttpGet(gateway.admin(), "/readyz");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ready,
              HasSubstr(R"({"ready":false,"draining":true,"storage":"memory","connections":1})"));
  EXPECT_THAT(HttpGet(gateway.admin(), "/healthz"), StartsWith("HTTP/1.1 200 "));
  Socket late(gateway.listen());
  EXPECT_TRUE(late.Upgrade("/chat")) << "still accepts during the delay";
}

TEST(Stop, ASecondSigtermEndsAtOnce) {
  Gateway gateway({"--shutdown-delay=1h"});
  gateway.process().Signal(SIGTERM);
  ASSERT_TRUE(gateway.process().WaitForLog("leaving"));
  gateway.process().Signal(SIGTERM);
  EXPECT_EQ(gateway.process().Wait().code, 1);
}

TEST(Reload, SighupWithoutFilesChangesNothing) {
  Gateway gateway;
  gateway.process().Signal(SIGHUP);
  ASSERT_TRUE(gateway.process().WaitForLog("reloaded"));
  EXPECT_THAT(HttpGet(gateway.admin(), "/readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST(Reload, ABrokenTokenFileIsLoggedAndTheOldTokensStay) {
  std::string path = File("tokens", "0123456789abcdef0123456789abcdef\n");
  Gateway gateway({"--control-token-file=" + path});
  std::remove(path.c_str());
  gateway.process().Signal(SIGHUP);
  ASSERT_TRUE(gateway.process().WaitForLog("not reloaded"));
  EXPECT_THAT(HttpGet(gateway.admin(), "/readyz"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace sluice::server
