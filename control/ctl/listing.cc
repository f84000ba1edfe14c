// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/listing.h"

#include <utility>

#include "absl/strings/str_replace.h"
#include "control/ctl/yaml.h"

namespace sluice::ctl {

void Listing::Section(const std::string& name) {
  EndSection();
  if (out_.format() == Format::kJson) {
    text_ += (begun_ ? ",\n  \"" : "{\n  \"") + name + "\": [";
  } else if (out_.format() == Format::kYaml) {
    text_ += name + ":";
  }
  begun_ = true;
  in_section_ = true;
  empty_ = true;
}

void Listing::Add(const google::protobuf::Message& item, Row row) {
  if (out_.is_table()) {
    table_.Add(std::move(row));
  } else {
    Item(ToJson(item));
  }
}

void Listing::Item(const Json& item) {
  if (out_.format() == Format::kJson) {
    text_ +=
        (empty_ ? "\n    " : ",\n    ") + absl::StrReplaceAll(JsonText(item), {{"\n", "\n    "}});
  } else {
    text_ += (empty_ ? "\n" : "") + YamlText(Json::array({item}), 2);
  }
  empty_ = false;
}

void Listing::Turn() { out_.Write(out_.is_table() ? table_.Take() : std::exchange(text_, "")); }

void Listing::EndSection() {
  if (!std::exchange(in_section_, false)) return;
  if (out_.format() == Format::kJson) text_ += empty_ ? "]" : "\n  ]";
  if (out_.format() == Format::kYaml && empty_) text_ += " []\n";
}

void Listing::End(const std::vector<std::string>& unreachable) {
  if (out_.is_table()) return out_.Write(table_.Take(true));
  Section("unreachable");
  for (const std::string& node : unreachable) Item(Json(node));
  EndSection();
  if (out_.format() == Format::kJson) text_ += "\n}\n";
  Turn();
}

}  // namespace sluice::ctl
