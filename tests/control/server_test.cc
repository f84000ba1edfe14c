// SPDX-License-Identifier: Apache-2.0
//
// The port itself: who may come in, health, reflection, stopping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grpcpp/generic/generic_stub.h>

#include <cstdlib>
#include <fstream>

#include "control/file.h"
#include "tests/control/live_node.h"

namespace sluice::control {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const char kToken[] = "a-token-of-some-length";
const char kOther[] = "another-token-of-some-length";

std::string Path(const std::string& name) {
  return testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name() +
         "_" + name;
}

std::string Write(const std::string& name, const std::string& text) {
  std::ofstream(Path(name)) << text;
  return Path(name);
}

grpc::Status Count(LiveNode& node, const std::string& authorization = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  v1::CountConnectionsRequest request;
  request.mutable_selector()->set_namespace_("chat");
  v1::CountConnectionsResponse response;
  return node.control->CountConnections(&context, request, &response);
}

// Health and reflection without their generated code: one unary or first message, raw bytes.
grpc::Status Raw(LiveNode& node, const std::string& method, const std::string& bytes,
                 std::string* answer, const std::string& authorization = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  grpc::GenericStub stub(node.channel);
  grpc::CompletionQueue queue;
  grpc::Slice slice(bytes);
  grpc::ByteBuffer request(&slice, 1), response;
  grpc::Status status;
  auto call = stub.PrepareCall(&context, method, &queue);
  void* tag = nullptr;
  bool ok = false;
  auto step = [&] { queue.Next(&tag, &ok); };
  call->StartCall(nullptr);
  step();
  call->WriteLast(request, grpc::WriteOptions(), nullptr);
  step();
  call->Read(&response, nullptr);
  step();
  if (ok && answer) {
    std::vector<grpc::Slice> slices;
    response.Dump(&slices).ok();
    for (const auto& part : slices) {
      answer->append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
  }
  call->Finish(&status, nullptr);
  step();
  return status;
}

// grpc.health.v1: HealthCheckResponse{status: 1 SERVING, 2 NOT_SERVING}.
std::string Health(LiveNode& node, const std::string& authorization = "") {
  std::string answer;
  grpc::Status status = Raw(node, "/grpc.health.v1.Health/Check", "", &answer, authorization);
  return status.ok() ? answer : status.error_message();
}

constexpr const char* kVersions[] = {"v1", "v1alpha"};

// grpc.reflection: list_services.
grpc::Status Reflect(LiveNode& node, const std::string& version, std::string* answer,
                     const std::string& authorization = "") {
  return Raw(node, "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
             std::string("\x3a\x01*", 3), answer, authorization);
}

TEST(ServerTest, BindsAPortAndSaysWhich) {
  LiveNode node;
  ASSERT_TRUE(node.started.ok()) << node.started;
  EXPECT_THAT(node.server->address(), StartsWith("127.0.0.1:"));
  EXPECT_NE(node.server->address(), "127.0.0.1:0");
  EXPECT_TRUE(Count(node).ok());
}

TEST(ServerTest, APortThatIsTaken) {
  LiveNode node;
  ControlOptions options;
  options.listen = node.server->address();
  ControlProbe probe;
  Server second(options, node.node, probe);
  absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), StartsWith("control: "));
}

TEST(ServerTest, OffLoopbackItRefusesToStartWithoutCredentials) {
  LiveNode node;
  ControlOptions options;
  options.listen = "0.0.0.0:0";
  ControlProbe probe;
  Server server(options, node.node, probe);
  EXPECT_THAT(std::string(server.Start().message()), HasSubstr("control-token-file"));
}

TEST(ServerTest, OverloadedItTakesNoNewRpcs) {
  LiveNode node;
  node.server->SetOverloaded(true);
  const grpc::Status refused = Count(node);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.error_message(), HasSubstr("--thread-tasks-max"));
  EXPECT_EQ(Health(node), std::string("\x08\x01", 2)) << "health is asked nevertheless";
  node.server->SetOverloaded(false);
  EXPECT_TRUE(Count(node).ok());
}

// Before any handler is asked. A library that does not check what it sends may send this.
TEST(ServerTest, BytesThatAreNoRequest) {
  LiveNode node;
  const std::string no_utf8("\x0a\x04\x0a\x02\xff\xfe", 6);  // selector.namespace
  for (const char* rpc : {"CountConnections", "WatchEvents", "Send"}) {
    for (const std::string& bytes :
         {std::string("\xff\xff\x07"), std::string("\x0a\x7f"), no_utf8}) {
      std::string answer;
      const grpc::Status status =
          Raw(node, "/sluice.v1.Control/" + std::string(rpc), bytes, &answer);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << rpc;
      EXPECT_THAT(status.error_details(), HasSubstr("MALFORMED")) << rpc;
    }
  }
  std::string answer;
  EXPECT_EQ(Raw(node, "/sluice.v1.Control/NoSuchRpc", "", &answer).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(Count(node).ok());
}

TEST(ServerTest, HealthFollowsReadiness) {
  LiveNode node;
  node.server->SetReady(false);
  EXPECT_EQ(Health(node), std::string("\x08\x02", 2));
  EXPECT_TRUE(Count(node).ok());
  node.server->SetReady(true);
  EXPECT_EQ(Health(node), std::string("\x08\x01", 2));
  node.server->BeginShutdown();
  node.server->SetReady(true);
  EXPECT_EQ(Health(node), std::string("\x08\x02", 2)) << "who leaves is not ready again";
}

TEST(ServerTest, HealthAndReflection) {
  LiveNode node;
  EXPECT_EQ(Health(node), std::string("\x08\x01", 2));
  for (const char* version : kVersions) {
    std::string services;
    EXPECT_TRUE(Reflect(node, version, &services).ok()) << version;
    EXPECT_THAT(services, HasSubstr("sluice.v1.Control"));
    EXPECT_THAT(services, HasSubstr("sluice.v1.Workers"));
  }
  node.server->BeginShutdown();
  EXPECT_EQ(Health(node), std::string("\x08\x02", 2));
  EXPECT_TRUE(Count(node).ok()) << "what is under way still works";
}

LiveOptions WithToken(const std::string& path) {
  LiveOptions options;
  options.control.token_file = path;
  return options;
}

TEST(TokenTest, EveryRpcButHealthWantsOne) {
  LiveNode node(WithToken(Write("tokens", kToken)));
  ASSERT_TRUE(node.started.ok()) << node.started;
  for (const std::string& wrong :
       {std::string(), std::string("Bearer wrong-token-of-some-length"), std::string(kToken)}) {
    grpc::Status status = Count(node, wrong);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(Reason(status), "TOKEN_INVALID");
  }
  EXPECT_EQ(node.probe.unauthenticated.value(), 3);
  EXPECT_TRUE(Count(node, std::string("Bearer ") + kToken).ok());
  EXPECT_EQ(Health(node), std::string("\x08\x01", 2));
  for (const char* version : kVersions) {
    EXPECT_EQ(Reason(Reflect(node, version, nullptr)), "TOKEN_INVALID") << version;
  }
  std::string services;
  EXPECT_TRUE(Reflect(node, "v1", &services, std::string("Bearer ") + kToken).ok());
  EXPECT_THAT(services, HasSubstr("sluice.v1.Control"));
}

TEST(TokenTest, StreamsWantOneToo) {
  LiveNode node(WithToken(Write("tokens", kToken)));
  grpc::ClientContext call, drain, events, serve;
  v1::CallRequest request;
  EXPECT_EQ(Reason(node.control->Call(&call, request)->Finish()), "TOKEN_INVALID");
  EXPECT_EQ(Reason(node.control->WatchDrain(&drain, {})->Finish()), "TOKEN_INVALID");
  EXPECT_EQ(Reason(node.control->WatchEvents(&events, {})->Finish()), "TOKEN_INVALID");
  EXPECT_EQ(Reason(node.workers->Serve(&serve)->Finish()), "TOKEN_INVALID");
  EXPECT_TRUE(node.Wait([&](auto&) { return node.probe.under_way.value() == 0; }));
  EXPECT_EQ(node.probe.workers.value(), 0);
}

TEST(TokenTest, TokensRotate) {
  LiveNode node(WithToken(Write("tokens", kToken)));
  Write("tokens", std::string(kToken) + "\n" + kOther);
  ASSERT_TRUE(node.server->Reload().ok());
  EXPECT_TRUE(Count(node, std::string("Bearer ") + kToken).ok());
  EXPECT_TRUE(Count(node, std::string("Bearer ") + kOther).ok());
  Write("tokens", kOther);
  ASSERT_TRUE(node.server->Reload().ok());
  EXPECT_FALSE(Count(node, std::string("Bearer ") + kToken).ok());
  Write("tokens", "");
  EXPECT_FALSE(node.server->Reload().ok());
  EXPECT_TRUE(Count(node, std::string("Bearer ") + kOther).ok());
}

TEST(TokenTest, AFileThatIsMissingStopsTheStart) {
  LiveNode node(WithToken("/nonexistent"));
  EXPECT_THAT(std::string(node.started.message()), StartsWith("control-token-file: "));
}

// A CA, and certificates for a server and a client of it, by openssl.
struct Certificates {
  Certificates() {
    Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca "
        "-keyout " +
        Path("ca.key") + " -out " + Path("ca.crt"));
    Sign("server", "localhost");
    Sign("client", "backend");
  }
  static void Sign(const std::string& name, const std::string& subject) {
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + subject +
        " -addext subjectAltName=DNS:" + subject + " -keyout " + Path(name + ".key") + " -out " +
        Path(name + ".csr"));
    std::ofstream(Path(name + ".ext")) << "subjectAltName=DNS:" << subject << "\n";
    Run("x509 -req -days 2 -CAcreateserial -CA " + Path("ca.crt") + " -CAkey " + Path("ca.key") +
        " -in " + Path(name + ".csr") + " -extfile " + Path(name + ".ext") + " -out " +
        Path(name + ".crt"));
  }
  static void Run(const std::string& arguments) {
    ASSERT_EQ(std::system(("openssl " + arguments + " 2>/dev/null").c_str()), 0) << arguments;
  }
};

LiveOptions WithTls() {
  LiveOptions options;
  options.control.tls_cert = Path("server.crt");
  options.control.tls_key = Path("server.key");
  return options;
}

grpc::SslCredentialsOptions Trusting() {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *ReadFile(Path("ca.crt"), "ca");
  return options;
}

TEST(TlsTest, TheServerShowsItsCertificate) {
  Certificates certificates;
  LiveNode node(WithTls());
  ASSERT_TRUE(node.started.ok()) << node.started;
  node.Connect(grpc::SslCredentials(Trusting()));
  EXPECT_TRUE(Count(node).ok());
  node.Connect(grpc::InsecureChannelCredentials());
  EXPECT_EQ(Count(node).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(TlsTest, WithAClientCaTheCallerNeedsOneToo) {
  Certificates certificates;
  LiveOptions options = WithTls();
  options.control.client_ca = Path("ca.crt");
  LiveNode node(options);
  ASSERT_TRUE(node.started.ok()) << node.started;
  node.Connect(grpc::SslCredentials(Trusting()));
  EXPECT_EQ(Count(node).error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::SslCredentialsOptions mutual = Trusting();
  mutual.pem_cert_chain = *ReadFile(Path("client.crt"), "cert");
  mutual.pem_private_key = *ReadFile(Path("client.key"), "key");
  node.Connect(grpc::SslCredentials(mutual));
  EXPECT_TRUE(Count(node).ok());
}

TEST(TlsTest, FilesThatAreMissingOrNoneAreNamed) {
  LiveOptions options = WithTls();
  LiveNode missing(options);
  EXPECT_THAT(std::string(missing.started.message()), StartsWith("control-tls-cert: "));
  Write("server.crt", "no certificate");
  Write("server.key", "no key");
  LiveNode garbage(options);
  EXPECT_THAT(std::string(garbage.started.message()), HasSubstr("control-tls-cert"));
}

TEST(StopTest, RpcsAfterwardsAreRefused) {
  LiveNode node;
  ASSERT_TRUE(Count(node).ok());
  node.server->Stop();
  EXPECT_EQ(Count(node).error_code(), grpc::StatusCode::UNAVAILABLE);
  node.server->Stop();
}

}  // namespace
}  // namespace sluice::control
