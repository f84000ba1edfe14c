// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/backend.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"

namespace sluice::bench {
namespace {

constexpr char kChannel[] = "everybody";
constexpr double kJoinSeconds = 20;
constexpr useconds_t kPollMicroseconds = 10'000;
constexpr auto kAskAgain = std::chrono::microseconds(200);

}  // namespace

struct Backend::Sending {
  grpc::ClientContext context;
  v1::SendResponse response;
  grpc::Status status;
};

Backend::Backend(const std::string& control, const std::string& space, uint64_t members)
    : stub_(v1::Control::NewStub(grpc::CreateChannel(control, grpc::InsecureChannelCredentials()))),
      members_(members) {
  Join(space);
  request_.mutable_selector()->set_namespace_(space);
  request_.mutable_selector()->add_channels(kChannel);
}

Backend::~Backend() { AwaitAll(); }

// A connection opens a moment after its client has read the 101.
void Backend::Join(const std::string& space) {
  v1::JoinRequest request;
  request.mutable_selector()->set_namespace_(space);
  request.add_channels(kChannel);
  for (double start = WallSeconds();; usleep(kPollMicroseconds)) {
    grpc::ClientContext context;
    v1::JoinResponse response;
    grpc::Status status = stub_->Join(&context, request, &response);
    if (!status.ok()) Fail("Join: " + status.error_message());
    if (response.outcome().matched() == members_) return;
    if (WallSeconds() - start > kJoinSeconds) Fail("not all connections opened");
  }
}

void Backend::set_message(const std::string& event, const std::string& body) {
  request_.mutable_message()->set_event(event);
  request_.mutable_message()->mutable_body()->set_json(body);
}

void Backend::Begin() {
  {
    std::lock_guard lock(mutex_);
    ++in_flight_;
  }
  auto* sending = new Sending;
  stub_->async()->Send(&sending->context, &request_, &sending->response,
                       [this, sending](const grpc::Status& status) {
                         sending->status = status;
                         Ended(std::unique_ptr<Sending>(sending));
                       });
}

void Backend::Ended(std::unique_ptr<Sending> sending) {
  if (!sending->status.ok()) Fail("Send: " + sending->status.error_message());
  if (sending->response.outcome().enqueued() != members_) {
    Fail("a Send did not reach everybody: " + sending->response.outcome().ShortDebugString());
  }
  std::lock_guard lock(mutex_);
  --in_flight_;
  ended_.push_back(std::move(sending));
  fewer_.notify_one();
}

void Backend::AwaitBelow(size_t max, const std::function<bool()>& ready) {
  std::vector<std::unique_ptr<Sending>> ended;
  std::unique_lock lock(mutex_);
  fewer_.wait(lock, [&] { return in_flight_ < max; });
  while (!ready()) fewer_.wait_for(lock, kAskAgain);
  ended.swap(ended_);
}

}  // namespace sluice::bench
