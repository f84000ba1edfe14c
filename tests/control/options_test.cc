// SPDX-License-Identifier: Apache-2.0
#include "control/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::control {
namespace {

using testing::StartsWith;

TEST(LoopbackTest, KnowsItsOwnMachine) {
  for (const char* address : {"127.0.0.1:0", "127.9.8.7:1", "localhost:50051", "[::1]:50051"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.example.org:1",
                              "example.org:1", "[::ffff:10.0.0.1]:1", "", "127.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(OptionsTest, DefaultsAreFine) { EXPECT_TRUE(Validate({}).ok()); }

TEST(OptionsTest, OffLoopbackNeedsCredentials) {
  ControlOptions options;
  options.listen = "0.0.0.0:50051";
  EXPECT_THAT(std::string(Validate(options).message()), StartsWith("control: "));
  options.token_file = "/tokens";
  EXPECT_TRUE(Validate(options).ok());
  options.token_file.clear();
  options.insecure = true;
  EXPECT_TRUE(Validate(options).ok());
  options.insecure = false;
  options.tls_cert = "/c";
  options.tls_key = "/k";
  EXPECT_FALSE(Validate(options).ok()) << "TLS alone says nothing about the caller";
  options.client_ca = "/ca";
  EXPECT_TRUE(Validate(options).ok());
}

TEST(OptionsTest, HalfAKeyPair) {
  ControlOptions options;
  options.tls_cert = "/c";
  EXPECT_THAT(std::string(Validate(options).message()), StartsWith("control-tls-key: "));
  options.tls_cert.clear();
  options.tls_key = "/k";
  EXPECT_THAT(std::string(Validate(options).message()), StartsWith("control-tls-cert: "));
}

TEST(OptionsTest, ClientCaNeedsTls) {
  ControlOptions options;
  options.client_ca = "/ca";
  EXPECT_THAT(std::string(Validate(options).message()), StartsWith("control-client-ca: "));
}

TEST(OptionsTest, AddressesThatAreNone) {
  for (const char* address :
       {"", "50051", "host", "host:", "host:x", "host:70000", "::1:5", ":1"}) {
    ControlOptions options;
    options.listen = address;
    options.insecure = true;
    EXPECT_FALSE(Validate(options).ok()) << address;
  }
}

}  // namespace
}  // namespace sluice::control
