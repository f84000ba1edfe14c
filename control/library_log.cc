// SPDX-License-Identifier: Apache-2.0
#include "control/library_log.h"

#include <absl/base/internal/raw_logging.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

namespace sluice::control {
namespace {

using Level = LibraryLine::Level;

// The handlers are plain functions, so what they reach is the process's. A handler that still runs
// when its sink goes would be a thread that outlives the node: there is none.
std::atomic<const LibraryLog::Sink*> current{nullptr};

void Tell(const LibraryLine& line) {
  if (const LibraryLog::Sink* sink = current.load(std::memory_order_acquire)) (*sink)(line);
}

std::string_view Or(const char* text) { return text == nullptr ? "" : text; }

void OnGrpc(gpr_log_func_args* said) {
  Level level = Level::kWarning;
  if (said->severity == GPR_LOG_SEVERITY_DEBUG) level = Level::kDebug;
  if (said->severity == GPR_LOG_SEVERITY_INFO) level = Level::kInfo;
  Tell({level, "grpc", Or(said->file), said->line, Or(said->message)});
}

void OnProtobuf(google::protobuf::LogLevel severity, const char* file, int line,
                const std::string& text) {
  Level level = Level::kWarning;
  if (severity == google::protobuf::LOGLEVEL_INFO) level = Level::kInfo;
  if (severity == google::protobuf::LOGLEVEL_FATAL) level = Level::kFatal;
  Tell({level, "protobuf", Or(file), line, text});
}

Level LevelOf(absl::LogSeverity severity) {
  switch (severity) {
    case absl::LogSeverity::kInfo:
      return Level::kInfo;
    case absl::LogSeverity::kFatal:
      return Level::kFatal;
    default:
      return Level::kWarning;
  }
}

void OnAbsl(absl::LogSeverity severity, const char* file, int line, const std::string& text) {
  Tell({LevelOf(severity), "absl", Or(file), line, text});
}

// The raw log would go to stderr right behind this; false keeps it from that.
bool OnAbslRaw(absl::LogSeverity severity, const char* file, int line, char**, int*) {
  Tell({LevelOf(severity), "absl", Or(file), line, ""});
  return false;
}

}  // namespace

LibraryLog::LibraryLog(Sink sink) : sink_(std::move(sink)) {
  current.store(&sink_, std::memory_order_release);
  gpr_set_log_function(OnGrpc);
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  google::protobuf::SetLogHandler(OnProtobuf);
  absl::raw_logging_internal::RegisterInternalLogFunction(OnAbsl);
  absl::raw_logging_internal::RegisterLogFilterAndPrefixHook(OnAbslRaw);
}

LibraryLog::~LibraryLog() { current.store(nullptr, std::memory_order_release); }

}  // namespace sluice::control
