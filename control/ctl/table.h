// SPDX-License-Identifier: Apache-2.0
//
// A table of text. On a terminal it is cut to the terminal's width; otherwise it is whole, whatever
// its width, since what reads it is grep.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::ctl {

using Row = std::vector<std::string>;

class Table {
 public:
  // `columns`: the terminal's, 0: there is none.
  Table(Row header, size_t columns) : header_(std::move(header)), columns_(columns) {}

  // Cells are shown printable (printable.h). As many as the header has.
  void Add(Row row);

  // What was added since, under the header the first time; columns never become narrower than
  // they were. With `sure`, the header also if there are no rows.
  std::string Take(bool sure = false);

 private:
  std::vector<size_t> Fitted() const;
  std::string Line(const Row& row, const std::vector<size_t>& widths) const;

  Row header_;
  size_t columns_;
  std::vector<Row> rows_;
  std::vector<size_t> widths_;
  bool begun_ = false;
};

}  // namespace sluice::ctl
