// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/client.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "sluice/v1/control.grpc.pb.h"

namespace sluice::ctl {
namespace {

// The gateway's own bound is --control-response-bytes; a page ends before it.
constexpr int kResponseBytesMax = 64 << 20;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string message = status.error_message();
  if (std::string reason = ReasonOf(status); !reason.empty()) {
    message = absl::StrCat(message, " (", reason, ")");
  }
  // The numbers of both are the same.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), message);
}

std::shared_ptr<grpc::Channel> Connect(const Client::Target& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kResponseBytesMax);
  // A tail that hears nothing notices that the node, or the way to it, is gone.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // An operator's tool goes to the node that it was told, not to a proxy for the web.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (target.tls) {
    credentials = grpc::SslCredentials({target.ca, target.key, target.cert});
    if (!target.name.empty()) arguments.SetSslTargetNameOverride(target.name);
  }
  return grpc::CreateCustomChannel(target.address, credentials, arguments);
}

}  // namespace

class Client::Wire {
 public:
  explicit Wire(Target target)
      : target_(std::move(target)),
        channel_(Connect(target_)),
        stub_(v1::Control::NewStub(channel_)) {}

  v1::Control::Stub& stub() { return *stub_; }

  // What an rpc has to carry; known to Cancel while it lives.
  class Context {
   public:
    explicit Context(Wire& wire) : wire_(wire) {
      if (!wire.target_.token.empty()) {
        context_.AddMetadata("authorization", "Bearer " + wire.target_.token);
      }
      std::lock_guard lock(wire_.mutex_);
      wire_.open_.insert(&context_);
      if (wire_.cancelled_) context_.TryCancel();
    }
    ~Context() {
      std::lock_guard lock(wire_.mutex_);
      wire_.open_.erase(&context_);
    }
    grpc::ClientContext& operator*() { return context_; }

   private:
    Wire& wire_;
    grpc::ClientContext context_;
  };

  // gRPC takes deadlines by its own clock.
  gpr_timespec Deadline(absl::Duration duration) const {
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_nanos(absl::ToInt64Nanoseconds(duration), GPR_TIMESPAN));
  }
  absl::Duration timeout() const { return target_.timeout; }
  const std::string& address() const { return target_.address; }

  // A stream has no deadline of its own, so it must not wait for a connection without one. What
  // went wrong is told by the rpc that follows; false: nothing happened in time.
  bool Connected() {
    const gpr_timespec deadline = Deadline(target_.timeout);
    for (;;) {
      const grpc_connectivity_state state = channel_->GetState(true);
      if (state == GRPC_CHANNEL_READY || state == GRPC_CHANNEL_TRANSIENT_FAILURE) return true;
      if (!channel_->WaitForStateChange(state, deadline)) return false;
    }
  }

  void Cancel() {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* context : open_) context->TryCancel();
  }

 private:
  const Target target_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Control::Stub> stub_;
  std::mutex mutex_;
  std::set<grpc::ClientContext*> open_;
  bool cancelled_ = false;
};

namespace {

template <typename Wire, typename Response, typename Open>
absl::Status ReadStream(Wire& wire, const std::function<bool(Response&)>& take,
                        std::optional<absl::Duration> limit, Open open) {
  if (!wire.Connected()) {
    return absl::UnavailableError(absl::StrCat("no connection to ", wire.address()));
  }
  typename Wire::Context context(wire);
  if (limit) (*context).set_deadline(wire.Deadline(*limit));
  auto reader = open(&*context);
  Response response;
  bool enough = false;
  while (reader->Read(&response)) {
    if (take(response)) continue;
    enough = true;
    (*context).TryCancel();
    break;
  }
  const grpc::Status status = reader->Finish();
  return enough ? absl::OkStatus() : ToStatus(status);
}

}  // namespace

Client::Client(Target target) : wire_(std::make_unique<Wire>(std::move(target))) {}
Client::~Client() = default;

void Client::Cancel() { wire_->Cancel(); }

#define SLUICECTL_ASK(Name, Response)                                                  \
  absl::StatusOr<v1::Response> Client::Ask(const v1::Name##Request& request) {         \
    Wire::Context context(*wire_);                                                     \
    (*context).set_deadline(wire_->Deadline(wire_->timeout()));                        \
    v1::Response response;                                                             \
    absl::Status status = ToStatus(wire_->stub().Name(&*context, request, &response)); \
    if (!status.ok()) return status;                                                   \
    return response;                                                                   \
  }
SLUICECTL_ASKS(SLUICECTL_ASK)
#undef SLUICECTL_ASK

#define SLUICECTL_STREAM(Name, Response)                                                           \
  absl::Status Client::Follow(const v1::Name##Request& request,                                    \
                              const std::function<bool(v1::Response&)>& take,                      \
                              std::optional<absl::Duration> limit) {                               \
    return ReadStream<Wire, v1::Response>(*wire_, take, limit, [&](grpc::ClientContext* context) { \
      return wire_->stub().Name(context, request);                                                 \
    });                                                                                            \
  }
SLUICECTL_STREAMS(SLUICECTL_STREAM)
#undef SLUICECTL_STREAM

}  // namespace sluice::ctl
