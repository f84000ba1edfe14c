// SPDX-License-Identifier: Apache-2.0
//
// Addresses, networks, and whom proxies say they speak for.
#include "gateway/edge/forwarded.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::edge {
namespace {

std::string Canonical(std::string_view text) {
  std::optional<Peer> peer = ParsePeer(text);
  return peer ? FormatPeer(*peer) : "none";
}

TEST(Peer, HasOneForm) {
  for (const auto& [text, form] :
       std::vector<std::pair<std::string, std::string>>{{"192.0.2.1", "192.0.2.1"},
                                                        {"192.0.2.1:80", "192.0.2.1:80"},
                                                        {"[2001:db8::1]:80", "[2001:db8::1]:80"},
                                                        {"[2001:db8::1]", "2001:db8::1"},
                                                        {"2001:db8::1", "2001:db8::1"},
                                                        {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
                                                        {"::ffff:192.0.2.1", "192.0.2.1"},
                                                        {"::FFFF:c000:201", "192.0.2.1"},
                                                        {"[::ffff:192.0.2.1]:80", "192.0.2.1:80"},
                                                        {"::", "::"}}) {
    EXPECT_EQ(Canonical(text), form);
  }
}

TEST(Peer, IsNumericAndWhole) {
  for (const char* text : {"",
                           "unknown",
                           "_hidden",
                           "example.org",
                           "192.0.2",
                           "192.0.2.1.",
                           "192.0.2.256",
                           "192.0.2.1:",
                           "192.0.2.1:65536",
                           "192.0.2.1:-1",
                           "192.0.2.1:80:80",
                           "[192.0.2.1",
                           "[2001:db8::1",
                           "[2001:db8::1]80",
                           "[2001:db8::1]:",
                           "[]",
                           "[]:80",
                           "2001:db8::1%eth0",
                           " 192.0.2.1",
                           "010.0.0.1:x"}) {
    EXPECT_EQ(Canonical(text), "none") << text;
  }
  EXPECT_EQ(Canonical(std::string_view("1.2.3.4\0.5", 10)), "none");
  EXPECT_EQ(Canonical(std::string(10000, '1')), "none");
}

Networks Parsed(const std::vector<std::string>& entries) { return *Networks::Parse(entries); }

TEST(Networks, ContainWhatIsInOne) {
  Networks networks = Parsed({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "::ffff:172.16.0.0/108"});
  for (const char* in : {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "192.0.2.7",
                         "2001:db8::1", "2001:db8:7fff::", "172.31.0.1"}) {
    EXPECT_TRUE(networks.Contain(*Ip::Parse(in))) << in;
  }
  for (const char* out :
       {"11.0.0.0", "9.255.255.255", "192.0.2.6", "2001:db8:8000::", "172.32.0.0", "::a00:1"}) {
    EXPECT_FALSE(networks.Contain(*Ip::Parse(out))) << out;
  }
}

TEST(Networks, KeepTheFamiliesApart) {
  EXPECT_TRUE(Parsed({"0.0.0.0/0"}).Contain(*Ip::Parse("192.0.2.1")));
  EXPECT_FALSE(Parsed({"0.0.0.0/0"}).Contain(*Ip::Parse("2001:db8::1")));
  EXPECT_TRUE(Parsed({"::/0"}).Contain(*Ip::Parse("2001:db8::1")));
  EXPECT_FALSE(Parsed({"::/0"}).Contain(*Ip::Parse("::ffff:192.0.2.1")));
  EXPECT_FALSE(Parsed({}).Contain(*Ip::Parse("192.0.2.1")));
}

TEST(Networks, RefuseWhatIsNone) {
  for (const char* entry :
       {"", "true", "*", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "/8", "2001:db8::/129",
        "10.0.0.0/8/8", "10.0.0.0:80", "[::1]", "localhost"}) {
    EXPECT_EQ(Networks::Parse({entry}).status().code(), absl::StatusCode::kInvalidArgument)
        << entry;
  }
  std::string complaint(Networks::Parse({"10.1.2.3/8"}).status().message());
  EXPECT_NE(complaint.find("did you mean 10.0.0.0/8"), std::string::npos) << complaint;
}

// Who the client is when 10.0.0.1 connected and all of 10.0.0.0/8 is trusted.
std::string Behind(ForwardedHeader header, std::string_view value) {
  return FormatPeer(ClientBehind(*ParsePeer("10.0.0.1:5"), value, header, Parsed({"10.0.0.0/8"})));
}

TEST(ClientBehind, ReadsXForwardedForFromItsEnd) {
  for (const auto& [value, client] : std::vector<std::pair<std::string, std::string>>{
           {"203.0.113.7", "203.0.113.7"},
           {"198.51.100.1, 203.0.113.7", "203.0.113.7"},
           {"198.51.100.1, 203.0.113.7, 10.0.0.9,10.0.0.8 ", "203.0.113.7"},
           {"spoofed, 203.0.113.7", "203.0.113.7"},
           {"203.0.113.7:4711", "203.0.113.7:4711"},
           {"[2001:db8::1]:4711", "[2001:db8::1]:4711"},
           {"[2001:DB8::1]", "2001:db8::1"},
           {"::ffff:203.0.113.7", "203.0.113.7"},
           {"203.0.113.7, ::ffff:10.0.0.9", "203.0.113.7"},
           {"10.0.0.9", "10.0.0.9"},
           {"203.0.113.7, unknown", "10.0.0.1:5"},
           {"203.0.113.7, unknown, 10.0.0.9", "10.0.0.9"},
           {"203.0.113.7,", "10.0.0.1:5"},
           {"", "10.0.0.1:5"},
           {"\"203.0.113.7\"", "10.0.0.1:5"}}) {
    EXPECT_EQ(Behind(ForwardedHeader::kXForwardedFor, value), client) << value;
  }
}

TEST(ClientBehind, ReadsForwardedFromItsEnd) {
  for (const auto& [value, client] : std::vector<std::pair<std::string, std::string>>{
           {"for=203.0.113.7", "203.0.113.7"},
           {"For=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"},
           {"proto=https; host=a.example ;for=\"203.0.113.7:4711\"", "203.0.113.7:4711"},
           {"for=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711"},
           {"for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"},
           {"for=\"203\\.0.113.7\"", "203.0.113.7"},
           {"for=\"[2001:db8::17]:_gazonk\"", "2001:db8::17"},
           {"for=198.51.100.1, for=203.0.113.7, for=10.0.0.9;proto=http", "203.0.113.7"},
           {"for=198.51.100.1;host=\"a,for=6.6.6.6\"", "198.51.100.1"},
           {"for=198.51.100.1;host=\"a\\\",for=6.6.6.6\"", "198.51.100.1"},
           {"for=\"open, for=203.0.113.7", "203.0.113.7"},
           {"for=6.6.6.6;x=\", for=\"[2001:db8::17]\"", "2001:db8::17"},
           {"for=6.6.6.6;x=\"\\, for=\"[2001:db8::17]\"", "2001:db8::17"},
           {"for=203.0.113.7, for=unknown", "10.0.0.1:5"},
           {"for=203.0.113.7, for=_hidden, for=10.0.0.9", "10.0.0.9"},
           {"for=203.0.113.7, proto=https", "10.0.0.1:5"},
           {"for=203.0.113.7;for=203.0.113.8", "10.0.0.1:5"},
           {"for", "10.0.0.1:5"},
           {"for=", "10.0.0.1:5"},
           {"203.0.113.7", "10.0.0.1:5"},
           {"", "10.0.0.1:5"},
           {"\"", "10.0.0.1:5"},
           {"for=\"\\", "10.0.0.1:5"},
           {"for=2001:db8::1:_x", "10.0.0.1:5"}}) {
    EXPECT_EQ(Behind(ForwardedHeader::kForwarded, value), client) << value;
  }
}

TEST(ClientBehind, BelievesNoStranger) {
  Peer stranger = *ParsePeer("198.51.100.9:5");
  EXPECT_EQ(ClientBehind(stranger, "203.0.113.7", ForwardedHeader::kXForwardedFor,
                         Parsed({"10.0.0.0/8"})),
            stranger);
  EXPECT_EQ(ClientBehind(stranger, "203.0.113.7", ForwardedHeader::kXForwardedFor, Parsed({})),
            stranger);
}

}  // namespace
}  // namespace sluice::edge
