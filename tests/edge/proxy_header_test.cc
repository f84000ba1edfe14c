// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/proxy_header.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::edge {
namespace {

using State = ProxyHeader::State;

constexpr size_t kBytesMax = 1024;
const std::string kBehind = "\x16\x03\x01 or GET / HTTP/1.1";

std::string Binary(char command, char family, const std::string& body) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += command;
  header += family;
  header += static_cast<char>(body.size() >> 8);
  header += static_cast<char>(body.size() & 0xff);
  return header + body;
}
const std::string kV4("\xcb\x00\x71\x07\x0a\x00\x00\x01\x12\x67\x00\x50", 12);
const std::string kV6 = std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16) +
                        std::string(16, '\0') + std::string("\x12\x67\x00\x50", 4);

// What becomes of a header that comes in pieces of this size, with something behind it.
struct Read {
  State state = State::kMore;
  size_t used = 0;
  std::string client = "none";
};
Read Feed(const std::string& header, size_t piece) {
  ProxyHeader reader(kBytesMax);
  std::string bytes = header + kBehind;
  Read read;
  while (read.state == State::kMore && read.used < bytes.size()) {
    size_t used = 0;
    std::string part = bytes.substr(read.used, piece);
    read.state = reader.Put(part, used);
    if (read.state == State::kMore) EXPECT_EQ(used, part.size());
    read.used += used;
  }
  if (reader.client()) read.client = FormatPeer(*reader.client());
  return read;
}

void ExpectClient(const std::string& header, const std::string& client) {
  for (size_t piece = 1; piece <= header.size() + kBehind.size(); ++piece) {
    Read read = Feed(header, piece);
    EXPECT_EQ(read.state, State::kWhole) << header << piece;
    EXPECT_EQ(read.used, header.size()) << header << piece;
    EXPECT_EQ(read.client, client) << header << piece;
  }
}

void ExpectBroken(const std::string& header) {
  for (size_t piece : {size_t{1}, size_t{7}, header.size() + kBehind.size()}) {
    Read read = Feed(header, piece);
    EXPECT_EQ(read.state, State::kBroken) << header << piece;
    EXPECT_EQ(read.client, "none") << header;
  }
}

TEST(ProxyHeader, ReadsVersion1) {
  ExpectClient("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n", "203.0.113.7:4711");
  ExpectClient("PROXY TCP6 2001:db8::1 2001:db8::2 4711 80\r\n", "[2001:db8::1]:4711");
  ExpectClient("PROXY TCP6 ::ffff:203.0.113.7 ::1 4711 80\r\n", "203.0.113.7:4711");
  ExpectClient("PROXY TCP4 203.0.113.7 10.0.0.1 0 65535\r\n", "203.0.113.7:0");
  ExpectClient("PROXY UNKNOWN\r\n", "none");
  ExpectClient("PROXY UNKNOWN 1 2 anything at all\r\n", "none");
}

TEST(ProxyHeader, ReadsVersion2) {
  ExpectClient(Binary('\x21', '\x11', kV4), "203.0.113.7:4711");
  ExpectClient(Binary('\x21', '\x21', kV6), "[2001:db8::1]:4711");
  ExpectClient(Binary('\x20', '\x00', ""), "none");
  ExpectClient(Binary('\x20', '\x11', kV4), "none");
  ExpectClient(Binary('\x21', '\x00', "what it likes"), "none");
  ExpectClient(Binary('\x21', '\x31', std::string(216, 'u')), "none");
  ExpectClient(Binary('\x21', '\x12', kV4), "none");
}

TEST(ProxyHeader, SkipsAdditions) {
  std::string additions("\x04\x00\x05hello", 8);
  ExpectClient(Binary('\x21', '\x11', kV4 + additions), "203.0.113.7:4711");
  std::string longest(kBytesMax - 16 - kV4.size(), '\x04');
  ExpectClient(Binary('\x21', '\x11', kV4 + longest), "203.0.113.7:4711");
  ExpectBroken(Binary('\x21', '\x11', kV4 + longest + "x"));
  ExpectBroken(Binary('\x21', '\x11', std::string(65535, 'x')));
}

TEST(ProxyHeader, RefusesWhatIsNone) {
  for (const char* header :
       {"GET / HTTP/1.1\r\n\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY\r\n", "PROXY \r\n",
        "PROXY TCP4\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 a.example 1.2.3.4 1 2\r\n", "\r\n\r\nGET / HTTP/1.1\r\n"}) {
    ExpectBroken(header);
  }
  ExpectBroken("PROXY UNKNOWN " + std::string(200, 'x') + "\r\n");
  ExpectBroken(Binary('\x11', '\x11', kV4));
  ExpectBroken(Binary('\x22', '\x11', kV4));
  ExpectBroken(Binary('\x21', '\x41', kV4));
  ExpectBroken(Binary('\x21', '\x13', kV4));
  ExpectBroken(Binary('\x21', '\x11', kV4.substr(1)));
  ExpectBroken(Binary('\x21', '\x21', kV6.substr(1)));
}

TEST(ProxyHeader, WaitsForTheRest) {
  for (const std::string& header :
       {std::string("PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n"), Binary('\x21', '\x11', kV4)}) {
    for (size_t cut = 0; cut < header.size(); ++cut) {
      ProxyHeader reader(kBytesMax);
      size_t used = 0;
      EXPECT_EQ(reader.Put(header.substr(0, cut), used), State::kMore) << cut;
      EXPECT_EQ(used, cut);
    }
  }
}

}  // namespace
}  // namespace sluice::edge
