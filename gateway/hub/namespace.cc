// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/namespace.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/viewers.h"

namespace sluice::hub {

Namespace::Namespace(std::string n, const NamespacePolicy& p, const MethodTable& methods)
    : name(std::move(n)), policy(p), offers(methods, name) {}

Namespace::~Namespace() = default;

bool Namespace::unused() const { return sessions == 0 && !refuses && !viewers; }

Namespaces::Namespaces(uint32_t shard, const ShardOptions& options, const MethodTable& methods,
                       Elsewhere& elsewhere)
    : shard_(shard),
      options_(options),
      methods_(methods),
      elsewhere_(elsewhere),
      admitting_(options.policy) {
  admitting_.arrival.admission_required = true;
}

Namespace& Namespaces::Get(std::string_view name) {
  if (Namespace* found = Find(name)) return *found;
  auto made = std::make_unique<Namespace>(std::string(name), PolicyOf(name), methods_);
  made->heard = elsewhere_.Hear(made->name, shard_);
  std::string_view key = made->name;
  return *all_.emplace(key, std::move(made)).first->second;
}

Namespace* Namespaces::Find(std::string_view name) const {
  auto found = all_.find(name);
  return found == all_.end() ? nullptr : found->second.get();
}

void Namespaces::Forget(Namespace& space) {
  if (!space.unused()) return;
  elsewhere_.Unhear(space.name, shard_);
  all_.erase(all_.find(space.name));
}

const NamespacePolicy& Namespaces::PolicyOf(std::string_view name) const {
  const auto& required = options_.admission_required;
  bool admits = std::any_of(required.begin(), required.end(),
                            [&](const auto& r) { return r == "*" || r == name; });
  return admits ? admitting_ : options_.policy;
}

}  // namespace sluice::hub
