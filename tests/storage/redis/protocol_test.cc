// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "storage/redis/reply.h"

namespace sluice::storage::redis {
namespace {

constexpr size_t kBytesMax = 10000;

// Of bytes that hold one whole reply.
absl::StatusOr<Reply> Read(std::string_view bytes) {
  ReplyReader reader(kBytesMax);
  reader.Feed(bytes);
  absl::StatusOr<std::optional<Reply>> reply = reader.Next();
  if (!reply.ok()) return reply.status();
  if (!reply->has_value()) return absl::OutOfRangeError("needs more");
  return **std::move(reply);
}

TEST(ProtocolTest, CommandsAreArraysOfAnyBytes) {
  std::string out = "before";
  AppendCommand({"SET", "", std::string("\0\r\n", 3)}, out);
  EXPECT_EQ(out, std::string("before*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\n\0\r\n\r\n", 34));
}

TEST(ProtocolTest, RepliesOfEachType) {
  EXPECT_EQ(Read("+OK\r\n")->text, "OK");
  EXPECT_EQ(Read("$3\r\na\r\n\r\n")->text, "a\r\n");
  EXPECT_EQ(Read(":-7\r\n")->integer, -7);
  EXPECT_TRUE(Read("$-1\r\n")->is_nil());
  EXPECT_TRUE(Read("*-1\r\n")->is_nil());
  EXPECT_EQ(Read("-ERR no\r\n")->code(), "ERR");
  EXPECT_EQ(Read("-ERR no\r\n")->text, "ERR no");
  EXPECT_TRUE(Read("*0\r\n")->Elements().ok());
}

TEST(ProtocolTest, ArraysNest) {
  absl::StatusOr<Reply> reply = Read("*3\r\n*2\r\n:1\r\n*1\r\n+a\r\n*0\r\n-ERR x\r\n");
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->elements.size(), 3u);
  EXPECT_EQ(reply->elements[0].elements[0].integer, 1);
  EXPECT_EQ(reply->elements[0].elements[1].elements[0].text, "a");
  EXPECT_TRUE(reply->elements[1].elements.empty());
  EXPECT_TRUE(reply->elements[2].is_error());
}

TEST(ProtocolTest, BytesMayComeOneByOne) {
  ReplyReader reader(kBytesMax);
  std::string bytes = "*2\r\n$2\r\nab\r\n:5\r\n+next\r\n";
  std::vector<Reply> replies;
  for (char c : bytes) {
    reader.Feed({&c, 1});
    absl::StatusOr<std::optional<Reply>> reply = reader.Next();
    ASSERT_TRUE(reply.ok());
    if (*reply) replies.push_back(**reply);
  }
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].elements[1].integer, 5);
  EXPECT_EQ(replies[1].text, "next");
}

TEST(ProtocolTest, WhatIsTooBigIsRefused) {
  EXPECT_TRUE(Read("$5000\r\n" + std::string(5000, 'x') + "\r\n").ok());
  EXPECT_TRUE(absl::IsInternal(Read("$11000\r\n" + std::string(11000, 'x')).status()));
  std::string many = "*500\r\n";
  for (int i = 0; i < 500; ++i) many += "+\r\n";
  EXPECT_TRUE(absl::IsInternal(Read(many).status()));
  // The promise alone takes nothing.
  EXPECT_TRUE(absl::IsOutOfRange(Read("*1000000000\r\n").status()));
  EXPECT_TRUE(absl::IsInternal(
      Read("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n+x\r\n").status()));
}

TEST(ProtocolTest, TheBudgetIsOfEachReply) {
  ReplyReader reader(kBytesMax);
  for (int i = 0; i < 10; ++i) {
    reader.Feed("$5000\r\n" + std::string(5000, 'x') + "\r\n");
    ASSERT_TRUE(reader.Next().ok());
  }
}

TEST(ProtocolTest, WhatIsNoResp2IsRefused) {
  EXPECT_TRUE(absl::IsInternal(Read("HTTP/1.1 400\r\n").status()));
  EXPECT_TRUE(absl::IsInternal(Read(">2\r\n+message\r\n+x\r\n").status()));
}

TEST(ReplyTest, ShapesAreChecked) {
  Reply text{.type = Reply::Type::kString, .text = "a"};
  EXPECT_EQ(*text.Text(), "a");
  EXPECT_TRUE(absl::IsInternal(text.Integer().status()));
  EXPECT_TRUE(absl::IsInternal(text.Elements().status()));
  Reply array{.type = Reply::Type::kArray, .elements = {text}};
  EXPECT_EQ(array.Elements(1)->size(), 1u);
  EXPECT_TRUE(absl::IsInternal(array.Elements(2).status()));
  EXPECT_TRUE(absl::IsInternal(Reply().Text().status()));
}

TEST(ReplyTest, ErrorsAreStatuses) {
  auto code = [](const char* text) {
    return StatusOf(Reply{.type = Reply::Type::kError, .text = text}).code();
  };
  EXPECT_EQ(code("OOM command not allowed"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("NOPERM this user"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code("LOADING Redis is loading"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code("READONLY You can't"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code("ERR syntax"), absl::StatusCode::kInternal);
  EXPECT_EQ(code("OOMPH"), absl::StatusCode::kInternal);
  EXPECT_TRUE(StatusOf(Reply()).ok());
}

}  // namespace
}  // namespace sluice::storage::redis
