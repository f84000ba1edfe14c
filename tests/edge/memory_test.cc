// SPDX-License-Identifier: Apache-2.0
//
// What an idle connection costs, all in: the edge's, Beast's, Asio's and the hub's share, as malloc
// counts it (so without the kernel's buffers).
#include <gtest/gtest.h>
#include <malloc.h>

#include <iostream>
#include <memory>
#include <vector>

#include "tests/edge/edge_world.h"
#include "tests/edge/raw_client.h"

namespace sluice::edge {
namespace {

constexpr size_t kConnections = 400;
constexpr double kBytesMax = 6 * 1024;

std::vector<std::unique_ptr<RawClient>> Connect(EdgeWorld& world, size_t count) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.port()));
    clients.back()->Upgrade();
    // Has spoken once, with a message that needed a buffer.
    clients.back()->Send(ClientFrame(kText, "list " + std::string(1000, 'i')));
    clients.back()->ReadFrame();
  }
  return clients;
}

TEST(Memory, OfAnIdleConnection) {
  if (mallinfo2().uordblks == 0) GTEST_SKIP() << "another malloc, that of a sanitizer";
  EdgeWorld world;
  auto warm = Connect(world, 16);
  size_t before = mallinfo2().uordblks;
  auto clients = Connect(world, kConnections);
  EXPECT_EQ(world.sessions(), kConnections + 16);
  double each = static_cast<double>(mallinfo2().uordblks - before) / kConnections;
  RecordProperty("bytes_a_connection", static_cast<int>(each));
  std::cout << each << " bytes a connection\n";
  EXPECT_LT(each, kBytesMax);
}

}  // namespace
}  // namespace sluice::edge
