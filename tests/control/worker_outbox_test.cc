// SPDX-License-Identifier: Apache-2.0
#include "control/worker_outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "control/credit.h"

namespace sluice::control {
namespace {

using testing::ElementsAre;

v1::Invocation Call(uint64_t id, size_t bytes = 0) {
  v1::Invocation invocation;
  invocation.set_id(id);
  invocation.mutable_call()->mutable_params()->set_binary(std::string(bytes, 'x'));
  return invocation;
}

void Put(WorkerOutbox& outbox, uint64_t id, size_t bytes = 0) {
  v1::Invocation call = Call(id, bytes);
  const size_t size = call.ByteSizeLong();
  outbox.Add(std::move(call), size);
}

TEST(WorkerOutboxTest, GathersUpToItsBounds) {
  Limits limits;
  limits.worker_batch_max = 3;
  WorkerOutbox outbox(limits);
  EXPECT_TRUE(outbox.empty());
  for (uint64_t id = 1; id <= 7; ++id) Put(outbox, id);
  EXPECT_EQ(outbox.batches(), 3);
  std::vector<int> sizes;
  uint64_t next = 1;
  while (!outbox.empty()) {
    v1::ServeResponse batch = outbox.Take();
    sizes.push_back(batch.invocations_size());
    for (const auto& invocation : batch.invocations()) EXPECT_EQ(invocation.id(), next++);
  }
  EXPECT_THAT(sizes, ElementsAre(3, 3, 1));
}

TEST(WorkerOutboxTest, KnowsHowMuchWaits) {
  Limits limits;
  limits.worker_batch_bytes = 1000;
  WorkerOutbox outbox(limits);
  EXPECT_EQ(outbox.bytes(), 0);
  Put(outbox, 1, 600);
  Put(outbox, 2, 600);
  size_t both = outbox.bytes();
  EXPECT_GT(both, 1200);
  EXPECT_LT(both, 1300);
  outbox.Take();
  EXPECT_LT(outbox.bytes(), both);
  outbox.Take();
  EXPECT_EQ(outbox.bytes(), 0);
}

TEST(WorkerOutboxTest, BytesBoundABatchButNotAnInvocation) {
  Limits limits;
  limits.worker_batch_bytes = 1000;
  WorkerOutbox outbox(limits);
  Put(outbox, 1, 600);
  Put(outbox, 2, 600);
  Put(outbox, 3, 5000);
  EXPECT_EQ(outbox.batches(), 3);
}

TEST(WorkerOutboxTest, ACancellationNeverOvertakesItsInvocation) {
  Limits limits;
  limits.worker_batch_max = 1;
  WorkerOutbox outbox(limits);
  Put(outbox, 1);
  Put(outbox, 2);
  outbox.AddCancelled(1);
  EXPECT_EQ(outbox.Take().invocations(0).id(), 1);
  EXPECT_EQ(outbox.Take().invocations(0).id(), 2);
  EXPECT_EQ(outbox.Take().cancelled(0), 1);
}

TEST(WorkerOutboxTest, UnknownIdsFillABatchAsWell) {
  Limits limits;
  limits.worker_batch_max = 2;
  WorkerOutbox outbox(limits);
  for (uint64_t id = 1; id <= 3; ++id) outbox.AddUnknown(id);
  EXPECT_THAT(outbox.Take().unknown(), ElementsAre(1, 2));
  EXPECT_THAT(outbox.Take().unknown(), ElementsAre(3));
}

TEST(CreditTest, IsTakenAndGivenBack) {
  Credit credit(10);
  EXPECT_FALSE(credit.TryTake());
  EXPECT_TRUE(credit.Change(2)) << "somebody had wanted some";
  EXPECT_TRUE(credit.TryTake());
  EXPECT_TRUE(credit.TryTake());
  EXPECT_EQ(credit.free(), 0);
  EXPECT_FALSE(credit.TryTake());
  EXPECT_TRUE(credit.Release(1));
  EXPECT_FALSE(credit.Release(1)) << "nobody waits any more";
  EXPECT_EQ(credit.free(), 2);
}

TEST(CreditTest, StaysWithinItsBounds) {
  Credit credit(10);
  credit.Change(50);
  EXPECT_EQ(credit.total(), 10);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(credit.TryTake());
  credit.Change(-8);
  EXPECT_EQ(credit.total(), 2);
  EXPECT_EQ(credit.free(), -2);
  EXPECT_FALSE(credit.TryTake());
  EXPECT_FALSE(credit.Release(2)) << "still in debt";
  EXPECT_TRUE(credit.Release(1));
  credit.Change(INT32_MIN);
  EXPECT_EQ(credit.total(), 0);
}

}  // namespace
}  // namespace sluice::control
