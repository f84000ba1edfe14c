// SPDX-License-Identifier: Apache-2.0
#include "control/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"

namespace sluice::control {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

constexpr char kV1[] = "reflection.v1.";
constexpr char kV1Alpha[] = "reflection.v1alpha.";
constexpr char kV1AlphaFile[] = "grpc/reflection/v1alpha/reflection.proto";

void NotFound(const std::string& what, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
  response.mutable_error_response()->set_error_message(what + " is not known here");
}

// The file, and what it imports, each once.
void AddFile(const FileDescriptor& file, std::set<std::string>& seen,
             ServerReflectionResponse& response) {
  if (!seen.insert(file.name()).second) return;
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, response);
}

void TellFile(const FileDescriptor* file, const std::string& what,
              ServerReflectionResponse& response) {
  if (file == nullptr) return NotFound(what, response);
  std::set<std::string> seen;
  AddFile(*file, seen, response);
}

// The older version's file is the newer's under another package.
void TellV1Alpha(ServerReflectionResponse& response) {
  FileDescriptorProto proto;
  ServerReflectionRequest::descriptor()->file()->CopyTo(&proto);
  proto.set_name(kV1AlphaFile);
  proto.set_package("grpc.reflection.v1alpha");
  auto rename = [](std::string* type) { absl::StrReplaceAll({{kV1, kV1Alpha}}, type); };
  for (auto& message : *proto.mutable_message_type()) {
    for (auto& field : *message.mutable_field()) rename(field.mutable_type_name());
  }
  for (auto& service : *proto.mutable_service()) {
    for (auto& method : *service.mutable_method()) {
      rename(method.mutable_input_type());
      rename(method.mutable_output_type());
    }
  }
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
}

void TellSymbol(const std::string& symbol, ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  std::string newer = absl::StrReplaceAll(symbol, {{kV1Alpha, kV1}});
  if (newer != symbol && pool.FindFileContainingSymbol(newer) != nullptr) {
    return TellV1Alpha(response);
  }
  TellFile(pool.FindFileContainingSymbol(symbol), symbol, response);
}

void TellExtensions(const std::string& type, ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* message = pool.FindMessageTypeByName(type);
  if (message == nullptr) return NotFound(type, response);
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  pool.FindAllExtensions(message, &extensions);
  auto& answer = *response.mutable_all_extension_numbers_response();
  answer.set_base_type_name(message->full_name());
  for (const auto* extension : extensions) answer.add_extension_number(extension->number());
}

void TellExtension(const grpc::reflection::v1::ExtensionRequest& request,
                   ServerReflectionResponse& response) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* message = pool.FindMessageTypeByName(request.containing_type());
  const auto* extension =
      message ? pool.FindExtensionByNumber(message, request.extension_number()) : nullptr;
  TellFile(extension ? extension->file() : nullptr, "the extension", response);
}

}  // namespace

ServerReflectionResponse Reflect(const ServerReflectionRequest& request,
                                 const std::vector<std::string>& services) {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      if (request.file_by_filename() == kV1AlphaFile) {
        TellV1Alpha(response);
      } else {
        TellFile(DescriptorPool::generated_pool()->FindFileByName(request.file_by_filename()),
                 request.file_by_filename(), response);
      }
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      TellSymbol(request.file_containing_symbol(), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      TellExtension(request.file_containing_extension(), response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      TellExtensions(request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(
          static_cast<int>(absl::StatusCode::kInvalidArgument));
      response.mutable_error_response()->set_error_message("the request asks for nothing");
      break;
  }
  return response;
}

}  // namespace sluice::control
