// SPDX-License-Identifier: Apache-2.0
//
// TLS on the public port, with certificates made on the spot.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gateway/hub/workers.h"
#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"
#include "tests/fakes/fake_worker.h"

namespace sluice::edge {
namespace {

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    cert_ = testing::TempDir() + "/cert.pem";
    key_ = testing::TempDir() + "/key.pem";
    MakeCertificate("first.example");
    options_ = EdgeWorld::Options();
    options_.tls_cert = cert_;
    options_.tls_key = key_;
  }

  void MakeCertificate(const std::string& name) {
    std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
        " -subj /CN=" +
        name + " -keyout " + key_ + " -out " + cert_ + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  std::string cert_;
  std::string key_;
  EdgeOptions options_;
};

std::string NameShown(RawClient& client) {
  X509* certificate = SSL_get1_peer_certificate(client.ssl());
  char name[64] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  return name;
}

TEST_F(Tls, ServesAWebSocket) {
  EdgeWorld world(options_);
  RawClient client(world.port());
  ASSERT_TRUE(client.StartTls());
  client.Upgrade();
  client.Send(ClientFrame(kText, "list 1"));
  EXPECT_EQ(client.ReadFrame().payload, "methods 1 ");
  client.Send(ClientFrame(kClose, ClosePayload(1000)));
  EXPECT_EQ(client.ReadFrame().opcode, kClose);
  EXPECT_TRUE(client.Ended());
}

TEST_F(Tls, TakesOneDotTwoButNothingOlder) {
  EdgeWorld world(options_);
  RawClient good(world.port());
  ASSERT_TRUE(good.StartTls(TLS1_2_VERSION));
  EXPECT_TRUE(SSL_get_secure_renegotiation_support(good.ssl()));
  good.Upgrade();
  RawClient old(world.port());
  EXPECT_FALSE(old.StartTls(TLS1_1_VERSION));
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_tls_failures_total") == 1; }));
}

TEST_F(Tls, CarriesLargeMessagesBothWays) {
  EdgeWorld world(options_);
  RawClient client(world.port());
  ASSERT_TRUE(client.StartTls());
  client.Upgrade();
  std::string id(60000, 'i');
  for (int round = 0; round < 5; ++round) {
    client.Send(ClientFrame(kText, "list " + id));
    EXPECT_EQ(client.ReadFrame().payload, "methods " + id + " ");
  }
}

TEST_F(Tls, WaitsForASlowReader) {
  hub::ShardOptions hub_options;
  hub_options.policy.delivery.outbox_bytes = 64 << 20;
  EdgeWorld world(options_, hub_options);
  RawClient client(world.port(), 4096);
  ASSERT_TRUE(client.StartTls());
  client.Upgrade();
  int sent = 0;
  EXPECT_TRUE(Eventually([&] {
    world.Send("default", std::to_string(sent++) + std::string(50000, 'x'));
    return world.Metric("edge_would_block_total") > 0 && sent > 20;
  }));
  for (int i = 0; i < sent; ++i) {
    EXPECT_EQ(client.ReadFrame().payload, "event e " + std::to_string(i) + std::string(50000, 'x'));
  }
}

TEST_F(Tls, DoesNotAnswerPlainHttp) {
  EdgeWorld world(options_);
  RawClient client(world.port());
  client.Send(UpgradeRequest());
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_tls_failures_total") == 1; }));
}

TEST_F(Tls, CutsWhoNeverFinishesTheHandshake) {
  options_.handshake_timeout = absl::Milliseconds(50);
  EdgeWorld world(options_);
  RawClient client(world.port());
  client.Send(std::string("\x16\x03\x01\x02", 4));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_EQ(world.Metric("edge_handshakes_refused_total{timeout}"), 1);
}

TEST_F(Tls, RefusesInHttpBehindTls) {
  EdgeWorld world(options_);
  RawClient client(world.port());
  ASSERT_TRUE(client.StartTls());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadToEnd().value_or("").substr(0, 12), "HTTP/1.1 426");
}

TEST_F(Tls, VanishingClientsLeaveNothingBehind) {
  EdgeWorld world(options_);
  for (int round = 0; round < 20; ++round) {
    RawClient client(world.port());
    ASSERT_TRUE(client.StartTls());
    client.Upgrade();
    client.Send(ClientFrame(kText, "list 1"));
    client.Reset();
  }
  EXPECT_TRUE(Eventually([&] { return world.Metric("edge_open_sockets") == 0; }));
}

TEST_F(Tls, ReloadsForConnectionsToCome) {
  EdgeWorld world(options_);
  RawClient before(world.port());
  ASSERT_TRUE(before.StartTls());
  EXPECT_EQ(NameShown(before), "first.example");
  before.Upgrade();

  MakeCertificate("second.example");
  EXPECT_TRUE(world.edge().ReloadTls().ok());
  RawClient after(world.port());
  ASSERT_TRUE(after.StartTls());
  EXPECT_EQ(NameShown(after), "second.example");

  before.Send(ClientFrame(kText, "list 1"));
  EXPECT_EQ(before.ReadFrame().payload, "methods 1 ");
}

TEST_F(Tls, KeepsTheOldCertificateIfTheNewOneIsBroken) {
  EdgeWorld world(options_);
  std::ofstream(cert_) << "no certificate";
  absl::Status status = world.edge().ReloadTls();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find(cert_), std::string::npos) << status;
  RawClient client(world.port());
  ASSERT_TRUE(client.StartTls());
  EXPECT_EQ(NameShown(client), "first.example");
}

TEST_F(Tls, SaysWhichFileIsWrong) {
  auto missing = TlsStore::Load("/nonexistent/cert.pem", key_);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(std::string(missing.status().message()).find("/nonexistent/cert.pem"),
            std::string::npos);
  std::string other_key = key_;
  std::string cert = cert_;
  cert_ = testing::TempDir() + "/other.pem";
  key_ = testing::TempDir() + "/other_key.pem";
  MakeCertificate("other.example");
  auto mixed = TlsStore::Load(cert, key_);
  ASSERT_FALSE(mixed.ok());
  EXPECT_NE(std::string(mixed.status().message()).find(key_), std::string::npos);
}

TEST_F(Tls, WhoLeavesBeforeTheUpgradeIsAnsweredIsNoticed) {
  for (bool politely : {true, false}) {
    EdgeWorld world(options_);
    auto guard = std::make_shared<fakes::FakeWorker>(10);
    auto offer = std::make_shared<hub::Offer>();
    offer->link = guard;
    offer->role = hub::Role::kGuard;
    offer->action = hub::GuardAction::kConnect;
    world.OnShard([&](hub::Shard& shard, Now now) {
      EXPECT_TRUE(shard.workers().Register({"default", {offer}, {}}, now).ok());
    });
    RawClient client(world.port());
    ASSERT_TRUE(client.StartTls());
    client.Send(UpgradeRequest("/", "Sec-WebSocket-Protocol: fake\r\n"));
    auto asked = [&] {
      size_t asked = 0;
      world.OnShard([&](hub::Shard&, Now) { asked = guard->invoked.size(); });
      return asked == 1;
    };
    EXPECT_TRUE(Eventually(asked));
    client.Send(ClientFrame(kText, "list 1"));
    politely ? client.ShutdownSend() : client.Reset();
    EXPECT_TRUE(Eventually([&] { return world.sessions() == 0; }));
    world.OnShard([&](hub::Shard&, Now) { EXPECT_EQ(guard->cancelled.size(), 1); });
  }
}

}  // namespace
}  // namespace sluice::edge
