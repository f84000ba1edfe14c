// SPDX-License-Identifier: Apache-2.0
//
// MessagePack values as JSON and back, apart from any message.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "gateway/protocol/msgpack/reader.h"
#include "gateway/protocol/msgpack/writer.h"

namespace sluice::protocol {
namespace {

std::string Pack(std::string_view json) {
  std::string bytes;
  MsgpackWriter writer(bytes);
  writer.Json(json);
  return writer.ok() ? absl::BytesToHexString(bytes) : "bad";
}

std::string Unpack(const std::string& hex, size_t depth_max = 32) {
  std::string bytes = absl::HexStringToBytes(hex);
  MsgpackReader reader(bytes);
  std::string json;
  bool ok = reader.ReadJson(json, depth_max);
  EXPECT_EQ(ok, reader.ok());
  return ok && reader.at_end() && reader.TakeFlaw().empty() ? json : "bad";
}

TEST(MsgpackWriterTest, WholeNumbersAreAsShortAsCanBe) {
  EXPECT_EQ(Pack("0"), "00");
  EXPECT_EQ(Pack("127"), "7f");
  EXPECT_EQ(Pack("128"), "cc80");
  EXPECT_EQ(Pack("255"), "ccff");
  EXPECT_EQ(Pack("256"), "cd0100");
  EXPECT_EQ(Pack("65535"), "cdffff");
  EXPECT_EQ(Pack("65536"), "ce00010000");
  EXPECT_EQ(Pack("4294967295"), "ceffffffff");
  EXPECT_EQ(Pack("-1"), "ff");
  EXPECT_EQ(Pack("-32"), "e0");
  EXPECT_EQ(Pack("-33"), "d0df");
  EXPECT_EQ(Pack("-128"), "d080");
  EXPECT_EQ(Pack("-129"), "d1ff7f");
  EXPECT_EQ(Pack("-32768"), "d18000");
  EXPECT_EQ(Pack("-32769"), "d2ffff7fff");
  EXPECT_EQ(Pack("-2147483648"), "d280000000");
}

TEST(MsgpackWriterTest, WhatExceeds32BitsIsAFloat) {
  EXPECT_EQ(Pack("4294967296"), "cb41f0000000000000");
  EXPECT_EQ(Pack("-2147483649"), "cbc1e0000000200000");
  EXPECT_EQ(Pack("9223372036854775807"), "cb43e0000000000000");
  EXPECT_EQ(Pack("18446744073709551616"), "cb43f0000000000000");
  EXPECT_EQ(Pack("1.5"), "cb3ff8000000000000");
  EXPECT_EQ(Pack("1e3"), "cb408f400000000000");
  EXPECT_EQ(Pack("1e400"), "cb7fefffffffffffff");  // the largest there is
}

TEST(MsgpackWriterTest, Strings) {
  EXPECT_EQ(Pack(R"("")"), "a0");
  EXPECT_EQ(Pack(R"("a\n\u00e9\ud83d\ude00\/")"), "a9610ac3a9f09f98802f");
  EXPECT_EQ(Pack('"' + std::string(31, 'x') + '"').substr(0, 2), "bf");
  EXPECT_EQ(Pack('"' + std::string(32, 'x') + '"').substr(0, 4), "d920");
  EXPECT_EQ(Pack('"' + std::string(256, 'x') + '"').substr(0, 6), "da0100");
  EXPECT_EQ(Pack('"' + std::string(65536, 'x') + '"').substr(0, 10), "db00010000");
}

TEST(MsgpackWriterTest, Containers) {
  EXPECT_EQ(Pack("[null,true,false]"), "93c0c3c2");
  EXPECT_EQ(Pack(R"({"a":[1,{}],"b":{"c":[]}})"), "82a161920180a16281a16390");
  std::string fifteen = "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0";
  EXPECT_EQ(Pack(fifteen + "]").substr(0, 2), "9f");
  EXPECT_EQ(Pack(fifteen + ",0]").substr(0, 6), "dc0010");
}

// What came as bin goes back as bin, wherever it is.
TEST(MsgpackWriterTest, Base64ObjectsAreBytes) {
  EXPECT_EQ(Pack(R"({"base64":true,"data":"AP8B"})"), "c40300ff01");
  EXPECT_EQ(Pack(R"({ "data" : "AP8B" , "base64" : true })"), "c40300ff01");
  EXPECT_EQ(Pack(R"({"base64":true,"data":"AP8\u0042"})"), "c40300ff01");
  EXPECT_EQ(Pack(R"([1,{"base64":true,"data":"AP8B"},2])"), "9301c40300ff0102");
  EXPECT_EQ(Pack(R"({"a":{"base64":true,"data":"AP8B"},"b":1})"), "82a161c40300ff01a16201");
  EXPECT_EQ(Pack(R"([{"base64":true,"data":""},{}])"), "92c40080");
  // Everything else is what it was.
  for (const char* json :
       {R"({"base64":true,"data":"AP8B","x":1})", R"({"base64":false,"data":"AP8B"})",
        R"({"base64":true,"data":"no base64!"})", R"({"base64":true,"data":"AP8"})",
        R"({"base64":true,"data":{"a":1}})", R"({"base64":true})", R"({"data":"AP8B"})",
        R"({"base64":true,"data":5})", R"({"base64":true,"base64":true})"}) {
    EXPECT_EQ(Pack(json)[0], '8') << json;  // a map
  }
}

TEST(MsgpackWriterTest, NoJson) {
  for (const char* text : {"", "[1", "[1]]", "nul", R"("\x")"}) EXPECT_EQ(Pack(text), "bad");
}

TEST(MsgpackWriterTest, Bytes) {
  std::string out;
  MsgpackWriter writer(out);
  writer.Binary("ab");
  EXPECT_EQ(absl::BytesToHexString(out), "c4026162");
  out.clear();
  writer.Binary(std::string(256, 'x'));
  EXPECT_EQ(absl::BytesToHexString(out).substr(0, 6), "c50100");
  out.clear();
  writer.Binary(std::string(65536, 'x'));
  EXPECT_EQ(absl::BytesToHexString(out).substr(0, 10), "c600010000");
}

TEST(MsgpackReaderTest, Scalars) {
  EXPECT_EQ(Unpack("c0"), "null");
  EXPECT_EQ(Unpack("c2"), "false");
  EXPECT_EQ(Unpack("c3"), "true");
  EXPECT_EQ(Unpack("7f"), "127");
  EXPECT_EQ(Unpack("e0"), "-32");
  EXPECT_EQ(Unpack("ccff"), "255");
  EXPECT_EQ(Unpack("cdffff"), "65535");
  EXPECT_EQ(Unpack("ceffffffff"), "4294967295");
  EXPECT_EQ(Unpack("cfffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(Unpack("d080"), "-128");
  EXPECT_EQ(Unpack("d07f"), "127");
  EXPECT_EQ(Unpack("d18000"), "-32768");
  EXPECT_EQ(Unpack("d280000000"), "-2147483648");
  EXPECT_EQ(Unpack("d38000000000000000"), "-9223372036854775808");
  EXPECT_EQ(Unpack("ca3fc00000"), "1.5");
  EXPECT_EQ(Unpack("cb3fb999999999999a"), "0.1");
  EXPECT_EQ(Unpack("a3610a22"), R"("a\n\"")");
  EXPECT_EQ(Unpack("d90161"), "\"a\"");
  EXPECT_EQ(Unpack("da000161"), "\"a\"");
  EXPECT_EQ(Unpack("db0000000161"), "\"a\"");
}

TEST(MsgpackReaderTest, WhatJsonLacks) {
  EXPECT_EQ(Unpack("cb7ff8000000000000"), "null");
  EXPECT_EQ(Unpack("cbfff0000000000000"), "null");
  EXPECT_EQ(Unpack("c4026869"), R"({"base64":true,"data":"aGk="})");
  EXPECT_EQ(Unpack("c500026869"), R"({"base64":true,"data":"aGk="})");
  EXPECT_EQ(Unpack("c6000000026869"), R"({"base64":true,"data":"aGk="})");
}

TEST(MsgpackReaderTest, Timestamps) {
  EXPECT_EQ(Unpack("d6ff00000001"), R"("1970-01-01T00:00:01.000Z")");
  EXPECT_EQ(Unpack("d7ff773594005a497a00"), R"("2018-01-01T00:00:00.500Z")");
  EXPECT_EQ(Unpack("c70cff00000000ffffffffffffffff"), R"("1969-12-31T23:59:59.000Z")");
  EXPECT_EQ(Unpack("c70cff3b9aca000000000000000000"), "bad");  // a second of nanoseconds
  EXPECT_EQ(Unpack("c70cff000000007fffffffffffffff"), "bad");  // beyond the year 9999
  EXPECT_EQ(Unpack("c70cff000000008000000000000000"), "bad");
  EXPECT_EQ(Unpack("d5ff0001"), "bad");  // no timestamp is so short
}

TEST(MsgpackReaderTest, OtherExtensions) {
  EXPECT_EQ(Unpack("d40100"), "bad");
  EXPECT_EQ(Unpack("c70001"), "bad");
}

TEST(MsgpackReaderTest, Containers) {
  EXPECT_EQ(Unpack("90"), "[]");
  EXPECT_EQ(Unpack("80"), "{}");
  EXPECT_EQ(Unpack("9301a15b92c080"), R"([1,"[",[null,{}]])");
  EXPECT_EQ(Unpack("82a16180ff81a16290"), R"({"a":{},"-1":{"b":[]}})");
  EXPECT_EQ(Unpack("dc0002c0c0"), "[null,null]");
  EXPECT_EQ(Unpack("dd0000000100"), "[0]");
  EXPECT_EQ(Unpack("de0001a16100"), R"({"a":0})");
  EXPECT_EQ(Unpack("df00000001cd010000"), R"({"256":0})");
}

TEST(MsgpackReaderTest, Depth) {
  EXPECT_EQ(Unpack("919190", 3), "[[[]]]");
  EXPECT_EQ(Unpack("919190", 2), "bad");
  EXPECT_EQ(Unpack("90", 0), "bad");
  EXPECT_EQ(Unpack("01", 0), "1");
}

TEST(MsgpackReaderTest, SaysWhereAndWhy) {
  std::string bytes = absl::HexStringToBytes("9201a261");
  MsgpackReader reader(bytes);
  std::string json;
  EXPECT_FALSE(reader.ReadJson(json, 32));
  EXPECT_EQ(reader.Flaw(), "the value ends too early at byte 3");
}

TEST(MsgpackReaderTest, ABadValueCostsItselfAlone) {
  struct Row {
    const char* hex;
    const char* json;
    const char* flaw;
  };
  for (const Row& row : {
           Row{"9301c102", "[1,null,2]", "a byte 0xc1 means nothing at byte 3"},
           Row{"9301a1ff02", "[1,null,2]", "a string is no UTF-8 at byte 4"},
           Row{"9301d4010002", "[1,null,2]", "an extension type is unknown at byte 5"},
           Row{"9301d5ff000102", "[1,null,2]", "a timestamp is out of range at byte 6"},
           Row{"9301919182a16190a1628002", "[1,[null],2]",
               "the value is nested too deeply at byte 4"},
           Row{"82a1ff01a16102", R"({"":1,"a":2})", "a string is no UTF-8 at byte 3"},
           Row{"829201c001a16102", R"({"":1,"a":2})",
               "a map key is neither a string nor a whole number at byte 2"},
       }) {
    std::string bytes = absl::HexStringToBytes(row.hex);
    MsgpackReader reader(bytes);
    std::string json;
    EXPECT_TRUE(reader.ReadJson(json, 2)) << row.hex;
    EXPECT_TRUE(reader.at_end()) << row.hex;
    EXPECT_EQ(json, row.json);
    EXPECT_EQ(reader.TakeFlaw(), row.flaw);
    EXPECT_EQ(reader.TakeFlaw(), "");
  }
}

TEST(MsgpackReaderTest, WhatIsPassedHasToBeThere) {
  for (const char* hex : {"919192c0", "9191dd00000003c0c0", "8192c0"}) {
    std::string bytes = absl::HexStringToBytes(hex);
    MsgpackReader reader(bytes);
    std::string json;
    EXPECT_FALSE(reader.ReadJson(json, 1)) << hex;
  }
}

TEST(MsgpackTest, ThereAndBack) {
  for (const char* json :
       {R"({"a":[1,-5,1.5,"x\n",null,true,{"b":[]}],"":{}})", "[4294967296]", "[-0.25,1e+100]"}) {
    EXPECT_EQ(Unpack(Pack(json)), json);
  }
}

}  // namespace
}  // namespace sluice::protocol
