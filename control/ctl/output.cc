// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "control/ctl/exit.h"
#include "control/ctl/yaml.h"

namespace sluice::ctl {

size_t TerminalColumns() {
  constexpr size_t kUsual = 80;
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

void Output::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t some = write(STDOUT_FILENO, text.data(), text.size());
    if (some >= 0) {
      text.remove_prefix(static_cast<size_t>(some));
    } else if (errno == EPIPE) {
      _exit(static_cast<int>(Exit::kOk));
    } else if (errno != EINTR) {
      fprintf(stderr, "sluicectl: the standard output: %s\n", strerror(errno));
      _exit(static_cast<int>(Exit::kFailed));
    }
  }
}

void Output::Show(const google::protobuf::Message& message, Row header,
                  const std::vector<Row>& rows) {
  Show(is_table() ? Json() : ToJson(message), std::move(header), rows);
}

void Output::Show(const Json& value, Row header, const std::vector<Row>& rows) {
  switch (format_) {
    case Format::kTable: {
      Table table(std::move(header), columns_);
      for (const Row& row : rows) table.Add(row);
      return Write(table.Take(true));
    }
    case Format::kJson:
      return Write(JsonText(value) + "\n");
    case Format::kYaml:
      return Write(YamlText(value));
  }
}

void Output::Tail(const Json& value, Table& table, Row row) {
  switch (format_) {
    case Format::kTable:
      table.Add(std::move(row));
      return Write(table.Take());
    case Format::kJson:
      return Write(JsonLine(value) + "\n");
    case Format::kYaml:
      return Write("---\n" + YamlText(value));
  }
}

}  // namespace sluice::ctl
