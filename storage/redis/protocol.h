// SPDX-License-Identifier: Apache-2.0
//
// RESP2: commands to bytes, bytes to replies. The only files that know hiredis, of which they use
// the formatter and the reader; the socket is ours (wire.h).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/redis/reply.h"

struct redisReader;

namespace sluice::storage::redis {

// A command's name and its arguments, any bytes.
using Args = std::vector<std::string>;

// Appends the command as it is sent.
void AppendCommand(const Args& args, std::string& out);

// Makes replies of what a connection reads. One a connection; after an error it is of no more use.
class ReplyReader {
 public:
  // A reply may have so many bytes, and so many for its elements; it nests seven deep at most.
  explicit ReplyReader(size_t reply_bytes_max);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void Feed(std::string_view bytes);

  // Nothing: more bytes are needed. INTERNAL: this is not RESP2, or too big.
  absl::StatusOr<std::optional<Reply>> Next();

 private:
  struct Budget;
  struct Free {
    void operator()(redisReader* reader) const;
  };

  std::unique_ptr<Budget> budget_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace sluice::storage::redis
