// SPDX-License-Identifier: Apache-2.0
#include "control/reflection.h"

#include <gtest/gtest.h>

#include "google/protobuf/descriptor.pb.h"

namespace sluice::control {
namespace {

using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
  return Reflect(request, {"sluice.v1.Control"});
}

FileDescriptorProto FirstFile(const ServerReflectionResponse& response) {
  FileDescriptorProto file;
  if (response.file_descriptor_response().file_descriptor_proto().empty()) return file;
  file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0));
  return file;
}

TEST(Reflection, EchoesTheRequest) {
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_list_services("*");
  ServerReflectionResponse response = Ask(request);
  EXPECT_EQ(response.valid_host(), "here");
  EXPECT_EQ(response.original_request().list_services(), "*");
  ASSERT_EQ(response.list_services_response().service_size(), 1);
  EXPECT_EQ(response.list_services_response().service(0).name(), "sluice.v1.Control");
}

TEST(Reflection, FindsFilesByNameAndBySymbol) {
  ServerReflectionRequest request;
  request.set_file_by_filename("google/protobuf/timestamp.proto");
  EXPECT_EQ(FirstFile(Ask(request)).package(), "google.protobuf");
  request.set_file_containing_symbol("google.protobuf.Timestamp");
  EXPECT_EQ(FirstFile(Ask(request)).name(), "google/protobuf/timestamp.proto");
  request.set_file_containing_symbol("no.such.Thing");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  request.set_file_by_filename("no/such.proto");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
}

// gRPC 1.51 has no file of v1 to hand out, and v1alpha has no file here: one stands for the other.
TEST(Reflection, DescribesBothVersionsOfItself) {
  ServerReflectionRequest request;
  for (const char* version : {"v1", "v1alpha"}) {
    std::string package = std::string("grpc.reflection.") + version;
    request.set_file_containing_symbol(package + ".ServerReflection");
    FileDescriptorProto file = FirstFile(Ask(request));
    EXPECT_EQ(file.package(), package);
    ASSERT_EQ(file.service_size(), 1);
    EXPECT_EQ(file.service(0).method(0).input_type(), "." + package + ".ServerReflectionRequest");
    request.set_file_by_filename(file.name());
    EXPECT_EQ(FirstFile(Ask(request)).package(), package);
  }
}

TEST(Reflection, KnowsExtensions) {
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("google.protobuf.FieldOptions");
  EXPECT_EQ(Ask(request).all_extension_numbers_response().base_type_name(),
            "google.protobuf.FieldOptions");
  request.set_all_extension_numbers_of_type("no.such.Thing");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  request.mutable_file_containing_extension()->set_containing_type("google.protobuf.FieldOptions");
  request.mutable_file_containing_extension()->set_extension_number(7);
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  EXPECT_EQ(Ask({}).error_response().error_code(), 3) << "asked for nothing";
}

}  // namespace
}  // namespace sluice::control
