// SPDX-License-Identifier: Apache-2.0
//
// What the libraries under us would write to stderr, past the log: gRPC, Protobuf and Abseil have a
// handler each for the whole process, and while a LibraryLog lives they are ours.
//
// gRPC says what it is asked for by GRPC_VERBOSITY; without it, errors alone.
#pragma once

#include <functional>
#include <string_view>

namespace sluice::control {

struct LibraryLine {
  // kFatal: the library aborts the process when the sink returns.
  enum class Level { kDebug, kInfo, kWarning, kFatal };

  // A library's "error" is a warning: it is about one caller's input, and comes back to us as well.
  Level level = Level::kInfo;
  std::string_view library;  // grpc, protobuf, absl
  std::string_view file;     // the library's own
  int line = 0;
  // Empty if the library does not hand it over (Abseil's raw log: file and line must do).
  std::string_view text;
};

class LibraryLog {
 public:
  // Called on any thread, also while the library holds its locks: it must not call it again.
  using Sink = std::function<void(const LibraryLine&)>;

  // One at a time. Before gRPC is used.
  explicit LibraryLog(Sink sink);
  // What is said from now on is lost: nothing of it goes to stderr.
  ~LibraryLog();
  LibraryLog(const LibraryLog&) = delete;
  LibraryLog& operator=(const LibraryLog&) = delete;

 private:
  const Sink sink_;
};

}  // namespace sluice::control
