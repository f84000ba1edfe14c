// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/json.h"

#include <gtest/gtest.h>

#include "control/ctl/yaml.h"
#include "sluice/v1/control.pb.h"

namespace sluice::ctl {
namespace {

v1::Connection Example() {
  v1::Connection connection;
  connection.set_namespace_("chat");
  connection.set_id("0123");
  (*connection.mutable_labels())["zone"] = "b";
  (*connection.mutable_labels())["app"] = "yes";
  connection.set_dialect(v1::DIALECT_RAW);
  connection.add_channels("news");
  connection.mutable_connected_at()->set_seconds(1'000'000'000);
  connection.set_outbox_bytes(9'007'199'254'740'993);
  connection.set_channel_count(1);
  return connection;
}

TEST(JsonTest, NamesOfTheProtoAndNumbersOf64BitsAsStrings) {
  EXPECT_EQ(JsonText(ToJson(Example())), R"({
  "namespace": "chat",
  "id": "0123",
  "user": "",
  "labels": {
    "app": "yes",
    "zone": "b"
  },
  "dialect": "DIALECT_RAW",
  "channels": [
    "news"
  ],
  "node": "",
  "remote_address": "",
  "connected_at": "2001-09-09T01:46:40Z",
  "authenticated": false,
  "outbox_bytes": "9007199254740993",
  "calls_in_flight": 0,
  "channel_count": 1
})");
}

TEST(JsonTest, TheSameAsYaml) {
  EXPECT_EQ(YamlText(ToJson(Example())), R"(namespace: "chat"
id: "0123"
user: ""
labels:
  app: "yes"
  zone: "b"
dialect: "DIALECT_RAW"
channels:
  - "news"
node: ""
remote_address: ""
connected_at: "2001-09-09T01:46:40Z"
authenticated: false
outbox_bytes: "9007199254740993"
calls_in_flight: 0
channel_count: 1
)");
  EXPECT_EQ(YamlText(Json::array({Json{{"a", Json::array({1, 2})}, {"on", Json::object()}}})),
            "- a:\n    - 1\n    - 2\n  \"on\": {}\n");
}

TEST(JsonTest, BodiesAreTextOrBase64) {
  v1::Body body;
  body.set_json("[12345678901234567890.5, \"\u009b\"]");
  EXPECT_EQ(JsonLine(ToJson(body)), R"({"json":"[12345678901234567890.5, \"\u009b\"]"})");
  body.set_binary(std::string("\0\xff", 2));
  EXPECT_EQ(JsonLine(ToJson(body)), R"({"binary":"AP8="})");
  body.set_json("\xff");
  EXPECT_EQ(JsonLine(ToJson(body)), "{\"json\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(JsonLine(ToJson(v1::Body())), "{}");
}

TEST(JsonTest, MapsOfNumbersAndUnknownEnums) {
  v1::Outcome outcome;
  outcome.set_matched(18'446'744'073'709'551'615u);
  (*outcome.mutable_dropped())["limit"] = 2;
  EXPECT_EQ(JsonLine(ToJson(outcome)),
            R"({"matched":"18446744073709551615","enqueued":"0","dropped":{"limit":"2"},)"
            R"("not_found":[],"unreachable":[]})");
  v1::Drain drain;
  drain.set_state(static_cast<v1::Drain::State>(77));
  EXPECT_EQ(ToJson(drain)["state"], 77);
}

}  // namespace
}  // namespace sluice::ctl
