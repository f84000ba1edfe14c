// SPDX-License-Identifier: Apache-2.0
//
// A Lua script that Redis runs by its hash. It has exactly one key: a script of two waits, in a
// cluster, until a slot that moves has arrived. It says in its text what its ARGV are.
#pragma once

#include <string>

namespace sluice::storage::redis {

class Script {
 public:
  explicit Script(std::string text);

  const std::string& text() const { return text_; }
  const std::string& sha1() const { return sha1_; }  // 40 hex digits, as Redis names it

 private:
  std::string text_;
  std::string sha1_;
};

}  // namespace sluice::storage::redis
