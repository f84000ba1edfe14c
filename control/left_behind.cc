// SPDX-License-Identifier: Apache-2.0
#include "control/left_behind.h"

#include <utility>

#include "text/utf8.h"

namespace sluice::control {
namespace {

v1::Deregister NamesIn(const v1::Register& proto) {
  v1::Deregister names;
  names.set_namespace_(text::ToUtf8(proto.namespace_()));
  for (const v1::Method& method : proto.methods()) names.add_methods(text::ToUtf8(method.name()));
  for (const v1::Event& event : proto.events()) names.add_events(text::ToUtf8(event.name()));
  *names.mutable_roles() = proto.roles();
  *names.mutable_guards() = proto.guards();
  return names;
}

}  // namespace

void LeftBehind::Leave(const OfferBook& offers, const std::optional<std::string>& space) {
  for (const auto& [id, proto] : offers.registers()) {
    if (!space || proto.namespace_() == *space) Add(proto);
  }
  Trim();
}

void LeftBehind::Leave(const google::protobuf::RepeatedPtrField<v1::Register>& protos) {
  for (const v1::Register& proto : protos) Add(proto);
  Trim();
}

void LeftBehind::Add(v1::Register proto) {
  const uint64_t number = ++last_;
  proto.set_id(number);
  offers_.Add(std::move(proto), {});
}

void LeftBehind::Trim() {
  size_t bytes = 0;
  for (const auto& [id, proto] : offers_.registers()) bytes += proto.ByteSizeLong();
  while (bytes > bytes_max_) {
    const v1::Register& oldest = offers_.registers().begin()->second;
    bytes -= oldest.ByteSizeLong();
    offers_.Remove(NamesIn(oldest));
    dropped_.Add();
  }
}

void LeftBehind::Return(const v1::Register& proto) {
  if (!offers_.empty() && !NamesOf(proto).empty()) offers_.Remove(NamesIn(proto));
}

}  // namespace sluice::control
