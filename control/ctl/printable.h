// SPDX-License-Identifier: Apache-2.0
//
// What may be shown on a terminal. Ids, users, labels and reasons come from clients: a control
// character in them must not move the cursor, and a mark that turns text around must not hide what
// stands beside it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::ctl {

// `text` with \xNN in place of each byte of a control character (C0, DEL, C1), of the separators of
// lines and paragraphs, of the marks of direction, and of whatever is no UTF-8.
std::string Printable(std::string_view text);

// JSON that says the same, with \uNNNN in place of those that JSON leaves as they are.
std::string PrintableJson(std::string_view json);

// Columns of a terminal that `text`, which is printable, takes.
size_t WidthOf(std::string_view text);

// The front of `text` that takes at most `columns`, with an ellipsis if something is cut.
std::string CutToWidth(std::string_view text, size_t columns);

}  // namespace sluice::ctl
