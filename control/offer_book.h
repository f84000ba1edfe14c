// SPDX-License-Identifier: Apache-2.0
//
// All that one worker offers now, as the messages that register it: what other nodes are told, and
// what they keep. A value; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/hub/worker.h"
#include "sluice/v1/workers.pb.h"

namespace sluice::control {

// A method, an event, a role or a guard.
struct OfferName {
  enum Kind : uint8_t { kMethod, kEvent, kRole, kGuard };
  Kind kind = kMethod;
  int number = 0;      // a v1::Role or v1::GuardAction
  std::string name{};  // of the other kinds

  friend auto operator<=>(const OfferName&, const OfferName&) = default;
};

std::vector<OfferName> NamesOf(const v1::Register& proto);
std::vector<OfferName> NamesOf(const v1::Deregister& proto);
// As it is invoked; nothing is named if the invocation is none.
OfferName NameOf(const v1::Invocation& invocation);

class OfferBook {
 public:
  using Registers = std::map<uint64_t, v1::Register>;

  // What is named again replaces what was; `proto.id` is unique in the book. `made`: of `proto`.
  void Add(v1::Register proto, const hub::Registration& made);
  // Without names: all of its namespace.
  void Remove(const v1::Deregister& proto);

  // Each by its id; what was taken back or replaced is not in it any more.
  const Registers& registers() const { return registers_; }
  bool empty() const { return registers_.empty(); }

  // What the worker offers in that namespace, else in "*"; null: nothing, or it is an event.
  hub::SharedOffer Find(const std::string& space, const OfferName& name) const;
  // Namespaces of which this has a name that `other` has not.
  std::vector<std::string> SpacesBeyond(const OfferBook& other) const;

 private:
  struct Place {
    uint64_t id = 0;  // of its Register
    hub::SharedOffer offer;
  };
  using Space = std::map<OfferName, Place>;

  void Drop(Space& space, const std::vector<OfferName>& names);

  Registers registers_;
  std::map<std::string, Space> spaces_;
};

}  // namespace sluice::control
