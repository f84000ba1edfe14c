// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/options.h"

#include <gtest/gtest.h>

#include "gateway/edge/address.h"

namespace sluice::edge {
namespace {

TEST(ParseHostPort, ReadsBothFamilies) {
  EXPECT_EQ(*ParseHostPort("0.0.0.0:8080"), (HostPort{"0.0.0.0", 8080}));
  EXPECT_EQ(*ParseHostPort("[::1]:0"), (HostPort{"::1", 0}));
  EXPECT_EQ(*ParseHostPort("localhost:1"), (HostPort{"127.0.0.1", 1}));
}

TEST(ParseHostPort, RefusesTheRest) {
  for (const char* text : {"", "8080", ":8080", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "::1:80",
                           "1.2.3.4:8080x", "1.2.3.4:-1", "example.org:80", "[1.2.3.4:80"}) {
    auto parsed = ParseHostPort(text);
    EXPECT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(FormatHostPort, WritesBothFamilies) {
  EXPECT_EQ(FormatHostPort("192.0.2.1", 80), "192.0.2.1:80");
  EXPECT_EQ(FormatHostPort("2001:db8::1", 80), "[2001:db8::1]:80");
}

TEST(Validate, AcceptsTheDefaults) { EXPECT_TRUE(Validate(EdgeOptions()).ok()); }

template <typename Change>
std::string Complaint(Change change) {
  EdgeOptions options;
  change(options);
  return std::string(Validate(options).message());
}

TEST(Validate, NamesTheOption) {
  auto complains = [](const std::string& name, const std::string& complaint) {
    EXPECT_EQ(complaint.substr(0, name.size()), name) << complaint;
  };
  complains("listen:", Complaint([](auto& o) { o.listen = "here"; }));
  complains("origins:", Complaint([](auto& o) { o.origins = {"nobody"}; }));
  complains("trust-forwarded-for:", Complaint([](auto& o) { o.trust_forwarded_for = {"true"}; }));
  complains("proxy-protocol:", Complaint([](auto& o) { o.proxy_protocol = {"10.0.0.0/33"}; }));
  complains("backlog:", Complaint([](auto& o) { o.backlog = 0; }));
  complains("tls-cert and tls-key:", Complaint([](auto& o) { o.tls_key = "key.pem"; }));
  complains("header-bytes:", Complaint([](auto& o) { o.header_bytes = 1; }));
  complains("message-bytes:", Complaint([](auto& o) { o.message_bytes = 0; }));
  complains("handshake-timeout:",
            Complaint([](auto& o) { o.handshake_timeout = absl::ZeroDuration(); }));
  complains("close-timeout:", Complaint([](auto& o) { o.close_timeout = absl::Hours(2); }));
  complains("accepts-per-second:", Complaint([](auto& o) { o.accepts_per_second = -1; }));
}

}  // namespace
}  // namespace sluice::edge
