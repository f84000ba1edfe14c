// SPDX-License-Identifier: Apache-2.0
//
// The node's log: one line an event on stderr, a sentence and named values.
//
//   text  2026-01-31T12:00:00.123Z info listening address=127.0.0.1:8080
//   json  {"time":"2026-01-31T12:00:00.123Z","level":"info","event":"listening","address":"127..."}
//
// To log never waits for whoever reads the log (log_writer.h).
#pragma once

#include <spdlog/logger.h>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "gateway/runtime/log_writer.h"

namespace sluice::runtime {

enum class LogFormat { kText, kJson };

struct LogOptions {
  LogFormat format = LogFormat::kText;                    // --log-format
  spdlog::level::level_enum level = spdlog::level::info;  // --log-level
  size_t queue_bytes = 1 << 20;                           // --log-queue-bytes
};

class Log {
 public:
  struct Field {
    std::string_view name;
    std::string value;
  };
  using Fields = std::initializer_list<Field>;

  // Writes to `fd`, which stays the caller's.
  Log(const LogOptions& options, int fd);
  // For tests: writes to the sink at once.
  Log(const LogOptions& options, spdlog::sink_ptr sink);

  // Thread-safe.
  void Debug(std::string_view event, Fields fields = {}) const {
    Write(spdlog::level::debug, event, fields);
  }
  void Info(std::string_view event, Fields fields = {}) const {
    Write(spdlog::level::info, event, fields);
  }
  void Warn(std::string_view event, Fields fields = {}) const {
    Write(spdlog::level::warn, event, fields);
  }
  void Error(std::string_view event, Fields fields = {}) const {
    Write(spdlog::level::err, event, fields);
  }
  // Waits until what was logged is written; false: that took too long.
  bool Flush(absl::Duration patience) const { return !writer_ || writer_->Flush(patience); }

  LogFormat format() const { return format_; }
  // Not with a test's sink.
  const metrics::Source* metrics() const { return writer_.get(); }
  bool debugs() const { return logger_->should_log(spdlog::level::debug); }

 private:
  void Begin(const LogOptions& options, spdlog::sink_ptr sink);
  void Write(spdlog::level::level_enum level, std::string_view event, Fields fields) const;

  LogFormat format_;
  std::shared_ptr<LogWriter> writer_;  // outlives the logger, whose sink it serves
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace sluice::runtime
