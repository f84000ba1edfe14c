// SPDX-License-Identifier: Apache-2.0
//
// Namespaces, as one shard knows them: what holds in each, who is there, what is offered, who sees
// its members. A name is looked up once, where it comes in; from then on everybody points here.
// Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "gateway/hub/elsewhere.h"
#include "gateway/hub/methods.h"
#include "gateway/hub/options.h"
#include "gateway/hub/policy.h"
#include "gateway/hub/shard_types.h"

namespace sluice::hub {

struct Session;
struct Viewers;

// Sessions under one name: a channel's members, or a user's connections.
struct Group {
  std::string name;
  bool is_channel = false;
  std::vector<Session*> members;
};

struct Namespace {
  // Ordered, for paging. Keys view into the group's or session's own name.
  template <typename T>
  using ByName = absl::btree_map<std::string_view, T>;

  Namespace(std::string n, const NamespacePolicy& p, const MethodTable& methods);
  ~Namespace();
  // Nobody has a use for it any more.
  bool unused() const;

  const std::string name;
  const NamespacePolicy& policy;
  const Offers offers;                // its methods, events, roles and guards
  uint32_t sessions = 0;              // that point here, those that come or go included
  bool refuses = false;               // newcomers, for now: a drain asked for it
  bool heard = true;                  // what other nodes say here
  std::vector<SessionKey> waiting{};  // sessions that want an id, for that

  // Open sessions (directory.h).
  ByName<Session*> by_id;
  ByName<std::unique_ptr<Group>> channels;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Group>> users;
  absl::flat_hash_set<Session*> rechecked;  // who may be out of channels while guards are asked

  std::unique_ptr<Viewers> viewers;  // who sees its members (members.h); null: nobody
};

class Namespaces {
 public:
  // What is given outlives this.
  Namespaces(uint32_t shard, const ShardOptions& options, const MethodTable& methods,
             Elsewhere& elsewhere);

  // Stable until it is forgotten.
  Namespace& Get(std::string_view name);
  Namespace* Find(std::string_view name) const;
  // If it is unused.
  void Forget(Namespace& space);

  using Map = absl::btree_map<std::string_view, std::unique_ptr<Namespace>>;
  const Map& all() const { return all_; }

 private:
  const NamespacePolicy& PolicyOf(std::string_view name) const;

  const uint32_t shard_;
  const ShardOptions& options_;
  const MethodTable& methods_;
  Elsewhere& elsewhere_;
  NamespacePolicy admitting_;  // the policy of where admission is required
  Map all_;                    // by their own names
};

}  // namespace sluice::hub
