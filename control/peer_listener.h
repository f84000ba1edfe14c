// SPDX-License-Identifier: Apache-2.0
//
// Who hears what other nodes say besides requests and what their clients say.
#pragma once

#include <string>

namespace sluice::control {

// Home thread.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  virtual void OnTold(const std::string& node, const std::string& payload) = 0;
  // True: it was said to this, and not by a client.
  virtual bool OnSaid(const std::string& space, const std::string& node,
                      const std::string& payload) = 0;
  // What that node told this one may have been lost; empty: any node.
  virtual void OnGap(const std::string& node) = 0;
  virtual void OnGone(const std::string& node) = 0;
};

}  // namespace sluice::control
