// SPDX-License-Identifier: Apache-2.0
//
// Other nodes, of which none exists: notes what they would have been told. Or, with `real`, the way
// to those that do.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/elsewhere.h"

namespace sluice::fakes {

class FakeElsewhere final : public hub::Elsewhere {
 public:
  bool Hear(const std::string& space, uint32_t shard) override {
    heard.push_back(space);
    return real ? real->Hear(space, shard) : hears_at_once;
  }
  void Unhear(const std::string& space, uint32_t shard) override {
    unheard.push_back(space);
    if (real) real->Unhear(space, shard);
  }
  void Say(const hub::SharedSaying& saying) override {
    said.push_back(saying);
    if (real) real->Say(saying);
  }
  void Displace(const storage::PresenceRecord& holder, hub::Heir heir) override {
    displaced.push_back(holder);
    if (real) return real->Displace(holder, std::move(heir));
    heirs.push_back(std::move(heir));
  }
  void ProbeHolder(const storage::PresenceRecord& holder, hub::Judged judged) override {
    probed.push_back(holder);
    if (real) return real->ProbeHolder(holder, std::move(judged));
    judges.push_back(std::move(judged));
  }

  hub::Elsewhere* real = nullptr;
  bool hears_at_once = true;
  std::vector<std::string> heard;
  std::vector<std::string> unheard;
  std::vector<hub::SharedSaying> said;
  std::vector<storage::PresenceRecord> displaced;
  std::vector<hub::Heir> heirs;  // of those
  std::vector<storage::PresenceRecord> probed;
  std::vector<hub::Judged> judges;  // of those
};

}  // namespace sluice::fakes
