// SPDX-License-Identifier: Apache-2.0
#include "control/worker_completions.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "control/worker_results.h"
#include "gateway/hub/shard.h"
#include "gateway/hub/shard_set.h"
#include "gateway/hub/workers.h"
#include "storage/time.h"

namespace sluice::control {
namespace {

struct Completion {
  hub::CallKey call;
  hub::WorkerResult result;
  std::unique_ptr<hub::Token> token;  // for the client, ahead of the answer
};

Completion ToCompletion(const Node& node, const OwedResult& owed, ControlProbe& probe) {
  const Limits& limits = node.limits;
  v1::InvocationResult& proto = *owed.result;
  if (size_t bytes = proto.ByteSizeLong(); bytes > limits.worker_result_bytes) {
    probe.results_too_large.Add();
    return {owed.call, ResultTooLarge(bytes, limits), nullptr};
  }
  std::unique_ptr<hub::Token> token;
  if (!proto.token_claims_json().empty()) {
    auto made = ToToken(proto.token_claims_json(), limits, node.tokens, ReadClocks().date);
    if (!made.ok()) {
      probe.results_invalid.Add();
      return {owed.call, InvalidResult(std::string(made.status().message())), nullptr};
    }
    token = *std::move(made);
  }
  bool valid = true;
  hub::WorkerResult result = ToResult(std::move(proto), limits, valid);
  if (!valid) probe.results_invalid.Add();
  return {owed.call, std::move(result), std::move(token)};
}

}  // namespace

void CompleteCalls(const Node& node, const std::vector<OwedResult>& owed, ControlProbe& probe) {
  std::map<uint32_t, std::vector<Completion>> by_shard;
  for (const OwedResult& one : owed) {
    by_shard[one.call.shard()].push_back(ToCompletion(node, one, probe));
  }
  for (auto& [index, completions] : by_shard) {
    node.shards.Post(
        index, [completions = std::move(completions)](hub::Shard& shard, Now now) mutable {
          for (Completion& one : completions) {
            shard.workers().Complete(one.call, std::move(one.result), now, std::move(one.token));
          }
        });
  }
}

void CompleteTooLarge(const Node& node, hub::CallKey call, ControlProbe& probe) {
  probe.invocations_too_large.Add();
  node.shards.Post(call.shard(), [call](hub::Shard& shard, Now now) {
    shard.workers().Complete(call, hub::MakeError(hub::Fault::kTooLarge), now);
  });
}

}  // namespace sluice::control
