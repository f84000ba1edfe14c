// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/options.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::admin {
namespace {

TEST(Validate, AcceptsTheDefaults) { EXPECT_TRUE(Validate(Options()).ok()); }

template <typename Change>
std::string Complaint(Change change) {
  Options options;
  change(options);
  const std::string complaint(Validate(options).message());
  return complaint.substr(0, complaint.find(':'));
}

TEST(Validate, NamesTheOption) {
  EXPECT_EQ(Complaint([](auto& o) { o.listen = "here"; }), "admin");
  EXPECT_EQ(Complaint([](auto& o) { o.connections_max = 0; }), "admin-connections-max");
  EXPECT_EQ(Complaint([](auto& o) { o.connections_per_address = 0; }),
            "admin-connections-per-address");
  EXPECT_EQ(Complaint([](auto& o) { o.header_bytes = 1; }), "admin-header-bytes");
  EXPECT_EQ(Complaint([](auto& o) { o.timeout = absl::ZeroDuration(); }), "admin-timeout");
}

}  // namespace
}  // namespace sluice::admin
