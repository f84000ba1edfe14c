// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "text/utf8.h"

namespace sluice::server {
namespace {

// Escapes what would break a JSON string, or a line.
std::string Escape(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (char c : text) {
    if (c == '"' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&escaped, "\\u%04x", c);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string JsonText(std::string_view text) { return "\"" + Escape(text) + "\""; }

// Quoted only where a reader (or a program) could mistake its end.
std::string PlainText(std::string_view text) {
  bool plain = !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '=';
  });
  return plain ? std::string(text) : JsonText(text);
}

const char* PatternOf(LogFormat format) {
  return format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                    : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
}

}  // namespace

Log::Log(const LogOptions& options)
    : Log(options, std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

Log::Log(const LogOptions& options, spdlog::sink_ptr sink)
    : format_(options.format), logger_(std::make_shared<spdlog::logger>("sluice", sink)) {
  logger_->set_level(options.level);
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      PatternOf(format_), spdlog::pattern_time_type::utc));
  logger_->flush_on(spdlog::level::warn);
}

void Log::Write(spdlog::level::level_enum level, std::string_view event, Fields fields) const {
  if (!logger_->should_log(level)) return;
  std::string line;
  if (format_ == LogFormat::kJson) {
    line = "\"event\":" + JsonText(event);
    for (const Field& field : fields) {
      line += "," + JsonText(field.name) + ":" + JsonText(field.value);
    }
  } else {
    line = event;
    for (const Field& field : fields) {
      line += " " + std::string(field.name) + "=" + PlainText(field.value);
    }
  }
  // Whatever a stranger put into a value: who reads lines reads UTF-8.
  logger_->log(level, "{}", text::ToUtf8(std::move(line)));
}

}  // namespace sluice::server
