// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/protocol.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::storage::redis {

// What one reply has taken of what it may take.
struct ReplyReader::Budget {
  size_t max;
  size_t used = 0;

  bool Take(size_t bytes) {
    used += bytes;
    return used <= max;
  }
};

namespace {

// Where the reply belongs that the reader has just made: at the end of the array that it is
// reading, or by itself. An array that is being read does not grow, so the pointers stay good.
// Null, which the reader takes for want of memory: too big.
template <typename Budget>
Reply* Place(const redisReadTask* task, Reply reply) {
  auto* budget = static_cast<Budget*>(task->privdata);
  if (!budget->Take(sizeof(Reply) + reply.text.size())) return nullptr;
  if (task->parent == nullptr) return new Reply(std::move(reply));
  auto* parent = static_cast<Reply*>(task->parent->obj);
  parent->elements.push_back(std::move(reply));
  return &parent->elements.back();
}

template <typename Budget>
void* MakeString(const redisReadTask* task, char* text, size_t size) {
  Reply reply;
  reply.type = task->type == REDIS_REPLY_ERROR ? Reply::Type::kError : Reply::Type::kString;
  reply.text.assign(text, size);
  return Place<Budget>(task, std::move(reply));
}

template <typename Budget>
void* MakeArray(const redisReadTask* task, int) {
  Reply reply;
  reply.type = Reply::Type::kArray;
  return Place<Budget>(task, std::move(reply));
}

template <typename Budget>
void* MakeInteger(const redisReadTask* task, long long value) {
  Reply reply;
  reply.type = Reply::Type::kInteger;
  reply.integer = value;
  return Place<Budget>(task, std::move(reply));
}

template <typename Budget>
void* MakeNil(const redisReadTask* task) {
  return Place<Budget>(task, Reply());
}

void Delete(void* reply) { delete static_cast<Reply*>(reply); }

}  // namespace

void AppendCommand(const Args& args, std::string& out) {
  std::vector<const char*> values;
  std::vector<size_t> sizes;
  for (const std::string& arg : args) {
    values.push_back(arg.data());
    sizes.push_back(arg.size());
  }
  char* bytes = nullptr;
  int size =
      redisFormatCommandArgv(&bytes, static_cast<int>(args.size()), values.data(), sizes.data());
  if (size > 0) out.append(bytes, size);
  redisFreeCommand(bytes);
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(size_t reply_bytes_max)
    : budget_(std::make_unique<Budget>(Budget{.max = reply_bytes_max})) {
  static redisReplyObjectFunctions functions = {MakeString<Budget>, MakeArray<Budget>,
                                                MakeInteger<Budget>, MakeNil<Budget>, Delete};
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (reader_) reader_->privdata = budget_.get();
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::Feed(std::string_view bytes) {
  if (reader_) redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<Reply>> ReplyReader::Next() {
  if (!reader_) return absl::InternalError("no memory for a reader");
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    return absl::InternalError(budget_->used > budget_->max
                                   ? absl::StrCat("a reply has more than ", budget_->max, " bytes")
                                   : absl::StrCat("no RESP2: ", reader_->errstr));
  }
  if (made == nullptr) {
    if (reader_->len - reader_->pos > budget_->max) {
      return absl::InternalError(absl::StrCat("a reply has more than ", budget_->max, " bytes"));
    }
    return std::nullopt;
  }
  std::unique_ptr<Reply> reply(static_cast<Reply*>(made));
  budget_->used = 0;
  return std::move(*reply);
}

}  // namespace sluice::storage::redis
