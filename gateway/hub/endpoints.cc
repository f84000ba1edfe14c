// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/endpoints.h"

#include <algorithm>

namespace sluice::hub {

size_t EndpointTable::names() const {
  auto is_there = [](const auto& endpoint) { return endpoint != nullptr; };
  return methods.size() + events.size() + (login != nullptr) + (admission != nullptr) +
         (raw != nullptr) +
         static_cast<size_t>(std::count_if(guards.begin(), guards.end(), is_there));
}

bool EndpointTable::Has(const Offer& offer) const {
  if (offer.role == Role::kMethod) return methods.contains(offer.method);
  if (offer.role == Role::kGuard) return guards[static_cast<size_t>(offer.action)] != nullptr;
  return RoleOf(offer.role) != nullptr;
}

std::unique_ptr<Endpoint>& EndpointTable::SlotFor(const Offer& offer) {
  if (offer.role == Role::kLogin) return login;
  if (offer.role == Role::kAdmission) return admission;
  if (offer.role == Role::kRaw) return raw;
  if (offer.role == Role::kGuard) return guards[static_cast<size_t>(offer.action)];
  return methods[offer.method];
}

Endpoint* EndpointTable::RoleOf(Role role) const {
  if (role == Role::kLogin) return login.get();
  if (role == Role::kAdmission) return admission.get();
  return role == Role::kRaw ? raw.get() : nullptr;
}

void EndpointTable::ForEachRole(absl::FunctionRef<void(Endpoint&)> visit) const {
  for (Role role : {Role::kLogin, Role::kAdmission, Role::kRaw}) {
    if (Endpoint* endpoint = RoleOf(role)) visit(*endpoint);
  }
  for (const auto& guard : guards) {
    if (guard) visit(*guard);
  }
}

}  // namespace sluice::hub
