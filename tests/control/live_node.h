// SPDX-License-Identifier: Apache-2.0
//
// A node with a real control port: gRPC over loopback before a hub of fake sockets. One thread
// drives the hub in real time, and touches it alone; what a test does with it, it does within Do.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "control/client_calls.h"
#include "control/drain_book.h"
#include "control/node.h"
#include "control/probe.h"
#include "control/server.h"
#include "control/status.h"
#include "gateway/hub/drains.h"
#include "gateway/hub/event_log.h"
#include "gateway/hub/publisher.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/subscribers.h"
#include "google/rpc/status.pb.h"
#include "metrics/probe.h"
#include "sluice/v1/control.grpc.pb.h"
#include "sluice/v1/workers.grpc.pb.h"
#include "storage/broker.h"
#include "storage/broker_memory.h"
#include "storage/executor.h"
#include "tests/fakes/hub_world.h"

namespace sluice::control {

struct LiveOptions {
  ControlOptions control;
  Limits limits;
  hub::ShardOptions shard;
  hub::EventLog::Options events;
  size_t shards = 2;
};

class LiveNode {
 public:
  explicit LiveNode(LiveOptions options = {})
      : world(options.shards, options.shard),
        broker(bus, "n1"),
        drains(world.set, world.home),
        book(options.limits, drains),
        events(options.events),
        subscribers({}, world.home),
        publisher(world.set, subscribers),
        node{"n1",        "epoch-1", world.set,    world.home, book,      calls,         events,
             subscribers, publisher, world.tokens, broker,     encodings, options.limits} {
    options.control.listen = "127.0.0.1:0";
    server = std::make_unique<Server>(options.control, node, probe);
    started = server->Start();
    driver_ = std::thread([this] { Drive(); });
    if (started.ok() && options.control.tls_cert.empty()) {
      Connect(grpc::InsecureChannelCredentials());
    }
  }

  ~LiveNode() {
    server->Stop();
    {
      absl::MutexLock lock(&mutex_);
      stop_ = true;
    }
    driver_.join();
  }

  void Connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    // The certificates of tests are for "localhost".
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel = grpc::CreateCustomChannel(server->address(), credentials, arguments);
    control = v1::Control::NewStub(channel);
    workers = v1::Workers::NewStub(channel);
  }

  // Runs `task` on the hub's thread, after its next turn.
  template <typename Task>
  auto Do(Task task) {
    std::packaged_task<std::invoke_result_t<Task&, fakes::HubWorld&>()> job(
        [&] { return task(world); });
    auto result = job.get_future();
    {
      absl::MutexLock lock(&mutex_);
      jobs_.emplace_back(std::move(job));
    }
    return result.get();
  }

  // Looks after each turn of the hub; false if it does not come true in time.
  bool Wait(const std::function<bool(fakes::HubWorld&)>& condition) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (!Do(condition)) {
      if (absl::Now() >= end) return false;
    }
    return true;
  }

  // The hub refers to its clients as long as it is driven, so the node keeps them.
  fakes::FakeClient* Client(const std::string& space, const std::string& id, uint32_t shard = 0) {
    return Do([&](auto& w) {
      clients_.push_back(w.Connect(space, id, shard));
      return clients_.back().get();
    });
  }
  // So many at once.
  std::vector<fakes::FakeClient*> Clients(const std::string& space, int count) {
    return Do([&](auto& w) {
      std::vector<fakes::FakeClient*> made;
      for (int i = 0; i < count; ++i) {
        clients_.push_back(w.Connect(space, "c" + std::to_string(i)));
        made.push_back(clients_.back().get());
      }
      return made;
    });
  }
  std::vector<std::string> Say(fakes::FakeClient& client, const std::string& text) {
    return Do([&](auto& w) { return w.Say(client, text); });
  }
  // What the client gets next, one message; empty if nothing comes.
  std::string Next(fakes::FakeClient& client) {
    std::vector<std::string> got;
    Wait([&](auto&) {
      got = client.socket.Take();
      return !got.empty();
    });
    return got.empty() ? "" : got.front();
  }

  storage::MemoryBus bus;
  fakes::HubWorld world;
  storage::MemoryBroker broker;
  hub::Drains drains;
  DrainBook book;
  hub::EventLog events;
  hub::Subscribers subscribers;
  hub::Publisher publisher;
  metrics::SharedCounter encodings;
  ControlProbe probe;
  ClientCalls calls{probe};
  Node node;
  std::unique_ptr<Server> server;
  absl::Status started;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Control::Stub> control;
  std::unique_ptr<v1::Workers::Stub> workers;

 private:
  void Drive() {
    const Instant real = ReadClocks();
    const Now start = world.now;
    absl::MutexLock lock(&mutex_);
    while (!stop_) {
      world.now = start + (ReadClocks() - real);
      for (uint32_t i = 0; i < node.shards.size(); ++i) world.shard(i).Tick(world.now);
      world.Run();
      events.Append(std::exchange(world.events.events, {}));
      book.Tick(world.now);
      for (auto& job : std::exchange(jobs_, {})) job();
      // The hub's executors wake nobody; so often it looks for what was posted.
      wake_.WaitWithTimeout(&mutex_, absl::Milliseconds(1));
    }
  }

  std::vector<std::unique_ptr<fakes::FakeClient>> clients_;
  absl::Mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> jobs_;
  absl::CondVar wake_;
  bool stop_ = false;
  std::thread driver_;
};

// The ErrorInfo's reason of what an rpc failed with.
inline std::string Reason(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "?";
  return ReasonOf(FromProto(details));
}

}  // namespace sluice::control
