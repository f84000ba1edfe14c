// SPDX-License-Identifier: Apache-2.0
#include "gateway/runtime/log.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "gateway/runtime/log_text.h"

namespace sluice::runtime {
namespace {

const char* PatternOf(LogFormat format) {
  return format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                    : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
}

std::unique_ptr<spdlog::formatter> MakeFormatter(LogFormat format) {
  return std::make_unique<spdlog::pattern_formatter>(PatternOf(format),
                                                     spdlog::pattern_time_type::utc);
}

// What stands in a line behind its time and level.
std::string Body(LogFormat format, std::string_view event, Log::Fields fields) {
  std::string body;
  if (format == LogFormat::kJson) {
    body = "\"event\":" + JsonText(event);
    for (const Log::Field& field : fields) {
      body += "," + JsonText(field.name) + ":" + JsonText(field.value);
    }
  } else {
    body = event;
    for (const Log::Field& field : fields) {
      body += " " + std::string(field.name) + "=" + PlainText(field.value);
    }
  }
  return body;
}

std::string_view View(const spdlog::memory_buf_t& buffer) { return {buffer.data(), buffer.size()}; }

// Hands finished lines to the writer. Its lock is held while a line is laid out, never longer.
class WriterSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit WriterSink(std::shared_ptr<LogWriter> writer) : writer_(std::move(writer)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.clear();
    formatter_->format(message, line_);
    writer_->Put(View(line_));
  }
  void flush_() override {}

  std::shared_ptr<LogWriter> writer_;
  spdlog::memory_buf_t line_;
};

// The line that stands where others are missing.
std::string MissingLine(spdlog::formatter& formatter, const LogOptions& options, uint64_t dropped) {
  const std::string body =
      Body(options.format, "log lines dropped", {{"lines", std::to_string(dropped)}});
  spdlog::memory_buf_t line;
  // As important as what is logged at all: of those lines some are missing.
  formatter.format({"sluice", std::max(spdlog::level::warn, options.level), body}, line);
  return std::string(View(line));
}

std::shared_ptr<LogWriter> MakeWriter(const LogOptions& options, int fd) {
  auto notice = [options,
                 formatter = std::shared_ptr<spdlog::formatter>(MakeFormatter(options.format))](
                    uint64_t dropped) { return MissingLine(*formatter, options, dropped); };
  return std::make_shared<LogWriter>(fd, options.queue_bytes, std::move(notice));
}

}  // namespace

Log::Log(const LogOptions& options, int fd)
    : format_(options.format), writer_(MakeWriter(options, fd)) {
  Begin(options, std::make_shared<WriterSink>(writer_));
}

Log::Log(const LogOptions& options, spdlog::sink_ptr sink) : format_(options.format) {
  Begin(options, std::move(sink));
}

void Log::Begin(const LogOptions& options, spdlog::sink_ptr sink) {
  logger_ = std::make_shared<spdlog::logger>("sluice", std::move(sink));
  logger_->set_level(options.level);
  logger_->set_formatter(MakeFormatter(format_));
  // spdlog's own complaints would go to stderr, past the queue.
  logger_->set_error_handler([](const std::string&) {});
}

void Log::Write(spdlog::level::level_enum level, std::string_view event, Fields fields) const {
  if (!logger_->should_log(level)) return;
  logger_->log(level, "{}", Body(format_, event, fields));
}

}  // namespace sluice::runtime
