// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "control/ctl/printable.h"

namespace sluice::ctl {
namespace {

constexpr size_t kGap = 2;
// Narrower columns say nothing: rather the end of the line is cut.
constexpr size_t kNarrowest = 8;

}  // namespace

void Table::Add(Row row) {
  for (std::string& cell : row) cell = Printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::Take(bool sure) {
  if (rows_.empty() && (begun_ || !sure)) return "";
  widths_.resize(header_.size());
  auto widen = [this](const Row& row) {
    for (size_t i = 0; i < row.size() && i < widths_.size(); ++i) {
      widths_[i] = std::max(widths_[i], WidthOf(row[i]));
    }
  };
  widen(header_);
  for (const Row& row : rows_) widen(row);
  const std::vector<size_t> widths = Fitted();
  std::string text;
  if (!std::exchange(begun_, true)) text += Line(header_, widths);
  for (const Row& row : std::exchange(rows_, {})) text += Line(row, widths);
  return text;
}

// On a terminal the widest column gives way, until all fit or all are narrow.
std::vector<size_t> Table::Fitted() const {
  std::vector<size_t> widths = widths_;
  if (columns_ == 0 || widths.empty()) return widths;
  const size_t gaps = kGap * (widths.size() - 1);
  for (;;) {
    const size_t total = std::accumulate(widths.begin(), widths.end(), gaps);
    auto widest = std::max_element(widths.begin(), widths.end());
    if (total <= columns_ || *widest <= kNarrowest) return widths;
    *widest = std::max(kNarrowest, *widest - std::min(*widest, total - columns_));
  }
}

std::string Table::Line(const Row& row, const std::vector<size_t>& widths) const {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    const size_t width = i < widths.size() ? widths[i] : WidthOf(row[i]);
    const std::string cell = columns_ == 0 ? row[i] : CutToWidth(row[i], width);
    line += cell;
    if (i + 1 < row.size()) line.append(width - std::min(width, WidthOf(cell)) + kGap, ' ');
  }
  if (columns_ != 0) line = CutToWidth(line, columns_);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

}  // namespace sluice::ctl
