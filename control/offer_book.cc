// SPDX-License-Identifier: Apache-2.0
#include "control/offer_book.h"

#include <algorithm>
#include <string_view>

#include "gateway/hub/methods.h"

namespace sluice::control {
namespace {

const std::string& NameIn(const v1::Method& method) { return method.name(); }
const std::string& NameIn(const v1::Event& event) { return event.name(); }
const std::string& NameIn(const std::string& name) { return name; }

template <typename Proto>
std::vector<OfferName> AllNames(const Proto& proto) {
  std::vector<OfferName> names;
  for (const auto& method : proto.methods())
    names.push_back({OfferName::kMethod, 0, NameIn(method)});
  for (const auto& event : proto.events()) names.push_back({OfferName::kEvent, 0, NameIn(event)});
  for (int role : proto.roles()) names.push_back({OfferName::kRole, role});
  for (int guard : proto.guards()) names.push_back({OfferName::kGuard, guard});
  return names;
}

OfferName NameOf(const hub::Offer& offer) {
  switch (offer.role) {
    case hub::Role::kMethod:
      return {OfferName::kMethod, 0, offer.method};
    case hub::Role::kLogin:
      return {OfferName::kRole, v1::ROLE_LOGIN};
    case hub::Role::kAdmission:
      return {OfferName::kRole, v1::ROLE_ADMISSION};
    case hub::Role::kRaw:
      return {OfferName::kRole, v1::ROLE_RAW};
    case hub::Role::kGuard:
      return {OfferName::kGuard, static_cast<int>(offer.action) + 1};
  }
  return {};
}

template <typename Field, typename Named>
void Erase(Field* field, Named named) {
  field->erase(std::remove_if(field->begin(), field->end(), named), field->end());
}

void EraseNames(const std::set<OfferName>& names, v1::Register& proto) {
  Erase(proto.mutable_methods(), [&](const v1::Method& method) {
    return names.contains({OfferName::kMethod, 0, method.name()});
  });
  Erase(proto.mutable_events(), [&](const v1::Event& event) {
    return names.contains({OfferName::kEvent, 0, event.name()});
  });
  Erase(proto.mutable_roles(), [&](int role) { return names.contains({OfferName::kRole, role}); });
  Erase(proto.mutable_guards(),
        [&](int guard) { return names.contains({OfferName::kGuard, guard}); });
}

bool NamesNothing(const v1::Register& proto) {
  return proto.methods().empty() && proto.events().empty() && proto.roles().empty() &&
         proto.guards().empty();
}

}  // namespace

std::vector<OfferName> NamesOf(const v1::Register& proto) { return AllNames(proto); }
std::vector<OfferName> NamesOf(const v1::Deregister& proto) { return AllNames(proto); }

OfferName NameOf(const v1::Invocation& invocation) {
  switch (invocation.what_case()) {
    case v1::Invocation::kCall:
      return {OfferName::kMethod, 0, invocation.call().method()};
    case v1::Invocation::kLogin:
      return {OfferName::kRole, v1::ROLE_LOGIN};
    case v1::Invocation::kAdmission:
      return {OfferName::kRole, v1::ROLE_ADMISSION};
    case v1::Invocation::kRaw:
      return {OfferName::kRole, v1::ROLE_RAW};
    case v1::Invocation::kGuard:
      return {OfferName::kGuard, invocation.guard().action()};
    case v1::Invocation::WHAT_NOT_SET:
      break;
  }
  return {};
}

void OfferBook::Add(v1::Register proto, const hub::Registration& made) {
  const std::vector<OfferName> names = NamesOf(proto);
  if (names.empty()) return;
  Space& space = spaces_[proto.namespace_()];
  Drop(space, names);
  for (const OfferName& name : names) space[name].id = proto.id();
  for (const hub::SharedOffer& offer : made.offers) space[NameOf(*offer)].offer = offer;
  const uint64_t id = proto.id();
  registers_.insert_or_assign(id, std::move(proto));
}

void OfferBook::Remove(const v1::Deregister& proto) {
  auto found = spaces_.find(proto.namespace_());
  if (found == spaces_.end()) return;
  std::vector<OfferName> names = NamesOf(proto);
  if (names.empty()) {
    for (const auto& [name, place] : found->second) names.push_back(name);
  }
  Drop(found->second, names);
  if (found->second.empty()) spaces_.erase(found);
}

// Each message is gone through once, however many names it has.
void OfferBook::Drop(Space& space, const std::vector<OfferName>& names) {
  std::map<uint64_t, std::set<OfferName>> by_register;
  for (const OfferName& name : names) {
    auto found = space.find(name);
    if (found == space.end()) continue;
    by_register[found->second.id].insert(name);
    space.erase(found);
  }
  for (const auto& [id, dropped] : by_register) {
    auto found = registers_.find(id);
    if (found == registers_.end()) continue;
    EraseNames(dropped, found->second);
    if (NamesNothing(found->second)) registers_.erase(found);
  }
}

hub::SharedOffer OfferBook::Find(const std::string& space, const OfferName& name) const {
  for (const std::string& one : {space, std::string(hub::kEverySpace)}) {
    auto names = spaces_.find(one);
    if (names == spaces_.end()) continue;
    auto found = names->second.find(name);
    if (found != names->second.end()) return found->second.offer;
  }
  return nullptr;
}

std::vector<std::string> OfferBook::SpacesBeyond(const OfferBook& other) const {
  std::vector<std::string> spaces;
  for (const auto& [space, names] : spaces_) {
    auto found = other.spaces_.find(space);
    const bool beyond = found == other.spaces_.end() ||
                        std::any_of(names.begin(), names.end(), [&](const auto& name) {
                          return !found->second.contains(name.first);
                        });
    if (beyond) spaces.push_back(space);
  }
  return spaces;
}

}  // namespace sluice::control
