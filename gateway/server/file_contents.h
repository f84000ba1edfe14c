// SPDX-License-Identifier: Apache-2.0
//
// Whether files have become others. By what is in them: a mounted secret is exchanged by turning a
// link to a folder, and a file's times may say anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::server {

class FileContents {
 public:
  // From now on these. A file that is not there has no contents.
  void Watch(std::vector<std::string> paths);

  // Whether anything has changed since Watch, or since this last said so.
  bool Changed();

 private:
  uint64_t Read() const;

  std::vector<std::string> paths_;
  uint64_t seen_ = 0;
};

}  // namespace sluice::server
