// SPDX-License-Identifier: Apache-2.0
//
// rediss:// against a real server, with certificates made on the spot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/storage/redis/client_world.h"
#include "tests/storage/redis/redis_server.h"

namespace sluice::storage::redis {
namespace {

using ::testing::HasSubstr;

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
        " -subj /CN=ours -keyout ca.key -out ca.pem");
    Shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
        " -subj /CN=theirs -keyout other.key -out other.pem");
    Sign("server", "IP:127.0.0.1,DNS:redis.example");
    Sign("stranger", "DNS:redis.example");
    Sign("client", "DNS:client.example");
  }

  static std::string Path(std::string_view file) {
    return absl::StrCat(testing::TempDir(), "/", std::string(file));
  }
  static void Shell(const std::string& command) {
    std::string quiet = absl::StrCat("cd ", testing::TempDir(), " && ", command, " 2>/dev/null");
    ASSERT_EQ(std::system(quiet.c_str()), 0) << command;
  }
  static void Sign(const std::string& name, const std::string& names) {
    Shell(absl::StrCat(
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=", name,
        " -keyout ", name, ".key -out ", name, ".csr"));
    Shell(absl::StrCat("echo subjectAltName=", names, " >names && openssl x509 -req -in ", name,
                       ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile names -out ",
                       name, ".pem"));
  }

  static std::vector<std::string> Arguments(const std::string& name, const std::string& clients) {
    return {"--tls-cert-file",    Path(name + ".pem"), "--tls-key-file",     Path(name + ".key"),
            "--tls-ca-cert-file", Path("ca.pem"),      "--tls-auth-clients", clients};
  }
  static Options To(const RedisServer& server) {
    Options options = QuickOptions(Url{
        .tls = true, .addresses = {{"127.0.0.1", static_cast<uint16_t>(server.second_port())}}});
    options.tls.ca = Path("ca.pem");
    return options;
  }
  // It never connects, and says this.
  static void ExpectRefused(const Options& options, const std::string& why) {
    ClientWorld world(options);
    EXPECT_TRUE(Eventually([&] { return world.health().why.find(why) != std::string::npos; }))
        << world.health().why;
    EXPECT_TRUE(world.health().degraded);
  }
};

TEST_F(TlsTest, CarriesCommandsAndMessages) {
  RedisServer server(Arguments("server", "no"));
  ClientWorld world(To(server));
  Ear ear;
  world.Subscribe("c", ear);
  ASSERT_TRUE(ear.Waits("<confirmed>"));
  ASSERT_TRUE(world.BecomesHealthy());
  std::string large(3 << 20, 'x');
  ASSERT_TRUE(world.Execute("SET", "k", {large}).ok());
  EXPECT_EQ(world.Execute("GET", "k")->text.size(), large.size());
  ASSERT_TRUE(world.Publish("c", large).ok());
  EXPECT_TRUE(ear.Waits(large));
  server.Kill();
  ASSERT_TRUE(ear.Waits("<gap>"));
  server.Start();
  EXPECT_TRUE(ear.Waits("<confirmed>", 2));
}

TEST_F(TlsTest, OnlyWhoIsBelievedIsSpokenTo) {
  RedisServer server(Arguments("server", "no"));
  Options options = To(server);
  options.tls.ca = Path("other.pem");
  ExpectRefused(options, "certificate verify failed");
  options.tls.ca = "";
  ExpectRefused(options, "certificate verify failed");
}

TEST_F(TlsTest, TheNameIsChecked) {
  RedisServer server(Arguments("stranger", "no"));
  ExpectRefused(To(server), "certificate verify failed");
  Options options = To(server);
  options.tls.name = "redis.example";
  ClientWorld world(options);
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST_F(TlsTest, ACertificateIsShownWhereItIsWanted) {
  RedisServer server(Arguments("server", "yes"));
  ExpectRefused(To(server), "127.0.0.1");
  Options options = To(server);
  options.tls.cert = Path("client.pem");
  options.tls.key = Path("client.key");
  ClientWorld world(options);
  EXPECT_TRUE(world.BecomesHealthy());
}

TEST_F(TlsTest, APlainServerIsNoneOfOurs) {
  RedisServer server;
  Options options = QuickOptions(Url{.tls = true, .addresses = {server.address()}});
  options.tls.ca = Path("ca.pem");
  ExpectRefused(options, ToString(server.address()));
}

TEST_F(TlsTest, FilesThatAreMissingAreNamed) {
  Options options = QuickOptions(Url{.tls = true, .addresses = {{"127.0.0.1", 1}}});
  options.tls.ca = Path("none.pem");
  auto message = [&] { return std::string(Thread::Make(options).status().message()); };
  EXPECT_THAT(message(), HasSubstr("redis-tls-ca: " + Path("none.pem")));
  options.tls.ca = Path("ca.pem");
  options.tls.cert = Path("client.pem");
  EXPECT_THAT(message(), HasSubstr("redis-tls-cert: goes with redis-tls-key"));
  options.tls.key = Path("server.key");
  EXPECT_THAT(message(), HasSubstr("redis-tls-key: "));
}

}  // namespace
}  // namespace sluice::storage::redis
