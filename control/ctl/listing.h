// SPDX-License-Identifier: Apache-2.0
//
// A list that comes in pages and is shown as it comes, so that only one page of it is held: a table
// with the columns of its sections together, or one document with a list for each section and
// `unreachable` at the end.
#pragma once

#include <string>
#include <vector>

#include "control/ctl/output.h"

namespace sluice::ctl {

class Listing {
 public:
  Listing(Output& out, Row header) : out_(out), table_(std::move(header), out.columns()) {}

  void Section(const std::string& name);
  void Add(const google::protobuf::Message& item, Row row);
  // A page is over: shows its rows.
  void Turn();
  void End(const std::vector<std::string>& unreachable);

 private:
  void Item(const Json& item);
  void EndSection();

  Output& out_;
  Table table_;
  std::string text_;  // of the document, not written yet
  bool begun_ = false;
  bool in_section_ = false;
  bool empty_ = true;  // the section
};

}  // namespace sluice::ctl
