// SPDX-License-Identifier: Apache-2.0
//
// A backend that broadcasts: Control.Send to one channel, by gRPC.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/v1/control.grpc.pb.h"

namespace sluice::bench {

class Backend {
 public:
  // Waits until the namespace `space` has as many connections as `members` says, and puts all of
  // them into one channel, which every Send is for.
  Backend(const std::string& control, const std::string& space, uint64_t members);
  ~Backend();  // everything is answered

  // What a Send says; `body` is a JSON array.
  void set_message(const std::string& event, const std::string& body);

  // Sends now, without waiting for the answer. Ends the benchmark if not all got it.
  void Begin();
  // Waits until fewer than `max` are unanswered, and `ready`, asked now and then, is true.
  void AwaitBelow(size_t max, const std::function<bool()>& ready);
  void AwaitAll() {
    AwaitBelow(1, [] { return true; });
  }

  uint64_t members() const { return members_; }

 private:
  struct Sending;
  void Join(const std::string& space);
  void Ended(std::unique_ptr<Sending> sending);

  std::unique_ptr<sluice::v1::Control::Stub> stub_;
  uint64_t members_;
  sluice::v1::SendRequest request_;
  std::mutex mutex_;
  std::condition_variable fewer_;
  size_t in_flight_ = 0;
  // Destroyed on the caller's thread: the last of them takes the channel along, which must not be
  // the work of a thread of the channel's own.
  std::vector<std::unique_ptr<Sending>> ended_;
};

}  // namespace sluice::bench
