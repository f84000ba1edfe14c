// SPDX-License-Identifier: Apache-2.0
//
// MessagePack-RPC, byte for byte as its clients in the field write and read it.
#include "tests/protocol/dialect_fixture.h"

namespace sluice::protocol {
namespace {

using hub::Command;
using hub::Fault;
using hub::Payload;

class MsgpackRpcTest : public DialectTest {
 protected:
  hub::Command Hexed(const std::string& hex) { return One(msgpack_, Bytes(hex)); }
  std::string RefusalHex(const std::string& hex) { return Hex(Refusal(msgpack_, Bytes(hex))); }
  bool IsRefused(const std::string& bytes, Fault fault) {
    Command command = One(msgpack_, bytes);
    auto* malformed = std::get_if<hub::Malformed>(&command.verb);
    return malformed != nullptr && malformed->error.fault == fault &&
           command.correlation.id == "\xc0";
  }
};

TEST_F(MsgpackRpcTest, Call) {
  EXPECT_EQ(Hexed("83 a66d6574686f64 a373756d a6706172616d73 920102 a26964 01"),
            (Command{Id("\x01", 0), Call("sum", Payload::Json("[1,2]"))}));
}

TEST_F(MsgpackRpcTest, CallWithoutParams) {
  EXPECT_EQ(Hexed("83a66d6574686f64a46563686fa6706172616d73c0a2696403"),
            (Command{Id("\x03", 0), Call("echo")}));
}

TEST_F(MsgpackRpcTest, Notification) {
  EXPECT_EQ(Hexed("82a66d6574686f64a373756da6706172616d73920102"),
            (Command{{"\xc0", 0, false}, Call("sum", Payload::Json("[1,2]"))}));
}

TEST_F(MsgpackRpcTest, Result) {
  EXPECT_EQ(Hex(msgpack_.EncodeResult(Id("\x01", 0), Payload::Json("3"))),
            "82a6726573756c7403a2696401");
}

TEST_F(MsgpackRpcTest, VersionIsMirrored) {
  Command command = Hexed("83 a76a736f6e727063 a3322e30 a66d6574686f64 a16d a26964 01");
  EXPECT_EQ(command.correlation.flags, kSaysVersion);
  EXPECT_EQ(Hex(msgpack_.EncodeResult(command.correlation, Payload::Json("3"))),
            "83a76a736f6e727063a3322e30a6726573756c7403a2696401");
}

TEST_F(MsgpackRpcTest, Error) {
  EXPECT_EQ(Hex(msgpack_.EncodeError(Id("\x11", 0), hub::MakeError(Fault::kMethodNotFound))),
            "82a56572726f7282a4636f6465d180a7a76d657373616765b04d6574686f64206e6f7420666f756e64"
            "a2696411");
}

TEST_F(MsgpackRpcTest, ErrorWithData) {
  EXPECT_EQ(Hex(msgpack_.EncodeError(Id("\x06", 0), {Fault::kApplication, "E", 500, "m", "{}"})),
            "82a56572726f7283a4636f6465cd01f4a76d657373616765a16da46461746180a2696406");
}

TEST_F(MsgpackRpcTest, Subscribe) {
  EXPECT_EQ(Hexed("83a66d6574686f64a67270632e6f6ea6706172616d7391a26576a2696418"),
            (Command{Id("\x18", 0), hub::Subscribe{{"ev"}}}));
  EXPECT_EQ(Hex(msgpack_.EncodeChannels(Id("\x18", 0), {{"ev", hub::ChannelStatus::kOk}})),
            "82a6726573756c7481a26576a26f6ba2696418");
}

TEST_F(MsgpackRpcTest, SubscribeWithAMapIsRefused) {
  Command command = Hexed("83a66d6574686f64a67270632e6f6ea6706172616d7381a16101a2696418");
  EXPECT_EQ(std::get<hub::Malformed>(command.verb).error.fault, Fault::kInvalidRequest);
}

TEST_F(MsgpackRpcTest, Event) {
  EXPECT_EQ(Hex(*msgpack_.EncodeEvent("ev", Payload::Json("[1]"))),
            "82ac6e6f74696669636174696f6ea26576a6706172616d739101");
  EXPECT_EQ(Hex(*msgpack_.EncodeEvent("ev", Payload::None())),
            "82ac6e6f74696669636174696f6ea26576a6706172616d7390");
  EXPECT_EQ(Hex(*msgpack_.EncodeEvent("ev", Payload::Binary("\x07"))),
            "82ac6e6f74696669636174696f6ea26576a6706172616d7391c40107");
}

TEST_F(MsgpackRpcTest, Batch) {
  hub::Decoded decoded = Decode(msgpack_, Bytes("92 82 a66d6574686f64 a16d a26964 01"
                                                "   82 a66d6574686f64 a16e a26964 02"));
  EXPECT_TRUE(decoded.batch);
  ASSERT_EQ(decoded.commands.size(), 2u);
  EXPECT_EQ(decoded.commands[1], (Command{Id("\x02", 0), Call("n")}));
  EXPECT_EQ(Hex(msgpack_.EncodeBatch({msgpack_.EncodeResult(Id("\x01", 0), Payload::Json("1")),
                                      msgpack_.EncodeResult(Id("\x02", 0), Payload::Json("2"))})),
            "9282a6726573756c7401a269640182a6726573756c7402a2696402");
}

TEST_F(MsgpackRpcTest, BatchBounds) {
  limits_.batch_max = 2;
  EXPECT_TRUE(IsRefused(Bytes("90"), Fault::kInvalidRequest));
  EXPECT_TRUE(IsRefused(Bytes("93808080"), Fault::kInvalidRequest));
  EXPECT_EQ(Decode(msgpack_, Bytes("928080")).commands.size(), 2u);
}

TEST_F(MsgpackRpcTest, IdsAreKeptVerbatim) {
  // uint64, int8 written wide, float32, str8, an array, bin: each is echoed as it came.
  for (const char* id : {"cf0000000000000001", "d3ffffffffffffffff", "ca3fc00000", "d9026162",
                         "9201a161", "c40101", "cd0001", "c3"}) {
    Command command = Hexed(std::string("82 a66d6574686f64 a16d a26964") + id);
    EXPECT_EQ(command.correlation, Id(Bytes(id), 0));
  }
}

TEST_F(MsgpackRpcTest, FalsyIdsAreIds) {
  for (const char* id : {"00", "c0", "c2", "a0", "cd0000", "cb0000000000000000", "ca7fc00000"}) {
    EXPECT_EQ(Hexed(std::string("82 a66d6574686f64 a16d a26964") + id).correlation,
              Id(Bytes(id), 0))
        << id;
  }
}

TEST_F(MsgpackRpcTest, IntegerKeysAreAccepted) {
  EXPECT_EQ(Hexed("83 a66d6574686f64 a16d a6706172616d73 81 01 02 a26964 01").verb,
            Call("m", Payload::Json(R"({"1":2})")));
  EXPECT_EQ(Hexed("83 a66d6574686f64 a16d 05 07 a26964 01").verb, Call("m"));
}

TEST_F(MsgpackRpcTest, BytesInParams) {
  EXPECT_EQ(Hexed("82 a66d6574686f64 a16d a6706172616d73 91 c4026869").verb,
            Call("m", Payload::Json(R"([{"base64":true,"data":"aGk="}])")));
}

TEST_F(MsgpackRpcTest, NoMap) {
  for (const char* message : {"c0", "05", "a161", "c3", "ca00000000"}) {
    EXPECT_TRUE(IsRefused(Bytes(message), Fault::kInvalidParams)) << message;
  }
  // {"error":{"code":-32602,"message":"Invalid params","data":"Method not specified"},"id":null}
  EXPECT_EQ(RefusalHex("c0"),
            "82a56572726f7283a4636f6465d180a6a76d657373616765ae496e76616c696420706172616d73a4646174"
            "61b44d6574686f64206e6f7420737065636966696564a26964c0");
}

TEST_F(MsgpackRpcTest, NoMapInABatch) {
  for (const hub::Command& command : Decode(msgpack_, Bytes("93 01 c0 90")).commands) {
    EXPECT_EQ(std::get<hub::Malformed>(command.verb).error.fault, Fault::kInvalidRequest);
    EXPECT_TRUE(command.correlation.answer);
  }
}

TEST_F(MsgpackRpcTest, MethodMissing) {
  EXPECT_TRUE(IsRefused(Bytes("80"), Fault::kInvalidRequest));
  EXPECT_TRUE(IsRefused(Bytes("81a66d6574686f6405"), Fault::kInvalidRequest));
  EXPECT_EQ(std::get<hub::Malformed>(Hexed("81 a26964 01").verb).error.fault,
            Fault::kInvalidParams);
}

TEST_F(MsgpackRpcTest, TextFrame) {
  hub::Decoded decoded = msgpack_.Decode(state_, R"({"method":"m"})", false, limits_);
  ASSERT_EQ(decoded.commands.size(), 1u);
  const auto& error = std::get<hub::Malformed>(decoded.commands[0].verb).error;
  EXPECT_EQ(error.fault, Fault::kParse);
  EXPECT_NE(error.data_json, "");
}

TEST_F(MsgpackRpcTest, BadBytes) {
  for (const char* message : {"",
                              "c1",
                              "81",
                              "81a1",
                              "81a16101ff",
                              "8101",
                              "dfffffffff",
                              "ddffffffff",
                              "dbffffffff61",
                              "c6ffffffff61",
                              "c9ffffffff0161",
                              "81c001",
                              "81a161c1",
                              "81a1ff01",
                              "81a161a1ff",
                              "81a161d40101",
                              "81cb000000000000000001",
                              "92818181",
                              "de0001",
                              "9101ff"}) {
    EXPECT_TRUE(IsRefused(Bytes(message), Fault::kParse)) << message;
  }
  EXPECT_TRUE(IsRefused("{\"jsonrpc\":\"2.0\"}", Fault::kParse));
}

TEST_F(MsgpackRpcTest, HugeHeadersAllocateNothing) {
  EXPECT_TRUE(IsRefused(Bytes("81 a6706172616d73 ddffffffff"), Fault::kParse));
  EXPECT_TRUE(IsRefused(Bytes("81 a6706172616d73 dfffffffff"), Fault::kParse));
  EXPECT_TRUE(IsRefused(Bytes("81 a6706172616d73 dbffffffff"), Fault::kParse));
  EXPECT_TRUE(IsRefused(Bytes("ddffffffff") + std::string(1000, '\x80'), Fault::kParse));
}

TEST_F(MsgpackRpcTest, Depth) {
  limits_.depth_max = 4;
  std::string begin = Bytes("82 a66d6574686f64 a16d a6706172616d73");
  EXPECT_EQ(One(msgpack_, begin + Bytes("919190")).verb, Call("m", Payload::Json("[[[]]]")));
  EXPECT_TRUE(IsRefused(begin + Bytes("91919190"), Fault::kParse));
  EXPECT_TRUE(IsRefused(begin + std::string(1 << 20, '\x91'), Fault::kParse));
  limits_.depth_max = 1;
  EXPECT_EQ(One(msgpack_, Bytes("81a66d6574686f64a16d")).verb, Call("m"));
  EXPECT_TRUE(IsRefused(begin + Bytes("90"), Fault::kParse));
}

TEST_F(MsgpackRpcTest, AnswersToTheGateway) {
  Command command = Hexed("82 a6726573756c74 01 a26964 a663616c6c3a37");
  EXPECT_FALSE(command.correlation.answer);
  EXPECT_EQ(command.verb, hub::Verb(hub::Answer{7, Payload::Json("1")}));
  // As float64, which is how large numbers arrive.
  EXPECT_EQ(Hexed("82 a6726573756c74 01 a26964 cb4202a05f20000000").verb,
            hub::Verb(hub::Answer{10000000000, Payload::Json("1")}));
}

TEST_F(MsgpackRpcTest, Requests) {
  EXPECT_EQ(Hex(*msgpack_.EncodeRequest(state_, 7, "a", Payload::None())),
            "83a66d6574686f64a161a6706172616d7390a26964a663616c6c3a37");
  state_.flags = kCallsAsEvents;
  EXPECT_EQ(Hex(*msgpack_.EncodeRequest(state_, 7, "a", Payload::None())),
            "82ac6e6f74696669636174696f6ea87270632e63616c6ca6706172616d739183a2696407a66d6574686f64"
            "a161a6706172616d7390");
}

TEST_F(MsgpackRpcTest, AResultThatIsNoJsonIsAnError) {
  EXPECT_EQ(Hex(msgpack_.EncodeResult(Id("\x01", 0), Payload::Json("[1"))).substr(0, 32),
            "82a56572726f7283a4636f6465d180a5");
  EXPECT_EQ(msgpack_.EncodeEvent("ev", Payload::Json("[1")), std::nullopt);
}

TEST_F(MsgpackRpcTest, StaysWhatItIs) {
  EXPECT_EQ(&msgpack_.ForFirstFrame(true, "{}"), &msgpack_);
  EXPECT_TRUE(msgpack_.traits().binary);
}

}  // namespace
}  // namespace sluice::protocol
