// SPDX-License-Identifier: Apache-2.0
//
// What goes to the standard output, in the format that was asked for. Whoever reads it may go away:
// then sluicectl ends, quietly and with 0. Anything else that goes wrong with it ends sluicectl
// with 1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "control/ctl/json.h"
#include "control/ctl/settings.h"
#include "control/ctl/table.h"

namespace sluice::ctl {

class Output {
 public:
  // `columns`: of the terminal; 0: it is none.
  Output(Format format, size_t columns) : format_(format), columns_(columns) {}

  Format format() const { return format_; }
  bool is_table() const { return format_ == Format::kTable; }
  size_t columns() const { return columns_; }
  bool terminal() const { return columns_ > 0; }

  void Write(std::string_view text);

  // One value: as a table of these rows, or as a document.
  void Show(const google::protobuf::Message& message, Row header, const std::vector<Row>& rows);
  void Show(const Json& value, Row header, const std::vector<Row>& rows);

  // One of many values that come one after the other: a row (`table` has the header), a line of
  // JSON, or a document of YAML.
  void Tail(const Json& value, Table& table, Row row);

 private:
  Format format_;
  size_t columns_;
};

// The standard output's, 0: it is no terminal.
size_t TerminalColumns();

}  // namespace sluice::ctl
