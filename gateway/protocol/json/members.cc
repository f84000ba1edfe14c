// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/json/members.h"

#include <utility>

#include "gateway/protocol/json/scratch.h"

namespace sluice::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

}  // namespace

bool ForEachMember(std::string_view json,
                   absl::FunctionRef<void(std::string_view, std::string_view)> visit) {
  JsonScratch scratch;
  auto document = scratch.Iterate(json);
  ondemand::object object;
  if (document.get_object().get(object) != SUCCESS) return false;
  for (auto item : object) {
    ondemand::field field;
    std::string_view key, value;
    if (std::move(item).get(field) != SUCCESS) return false;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (simdjson::to_json_string(field.value()).get(value) != SUCCESS) return false;
    visit(key, value);
  }
  return true;
}

bool ForEachValue(std::string_view json, absl::FunctionRef<void(std::string_view)> visit) {
  JsonScratch scratch;
  auto document = scratch.Iterate(json);
  ondemand::array array;
  if (document.get_array().get(array) != SUCCESS) return false;
  for (auto item : array) {
    ondemand::value element;
    std::string_view value;
    if (item.get(element) != SUCCESS) return false;
    if (simdjson::to_json_string(element).get(value) != SUCCESS) return false;
    visit(value);
  }
  return true;
}

}  // namespace sluice::protocol
