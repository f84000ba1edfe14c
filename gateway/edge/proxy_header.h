// SPDX-License-Identifier: Apache-2.0
//
// The header that a proxy sends ahead of a client's bytes, to say whose they are: the PROXY
// protocol of HAProxy, version 1 (one line of text) and version 2 (binary)
// (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt). It does no I/O.
//
// It takes what is its own and no byte more: TLS may begin right behind it. Additions of version 2
// (TLVs) are skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/edge/ip.h"

namespace sluice::edge {

class ProxyHeader {
 public:
  enum class State : uint8_t { kMore, kWhole, kBroken };

  // `bytes_max`: of a header of version 2; one of version 1 has at most 107.
  explicit ProxyHeader(size_t bytes_max) : bytes_max_(bytes_max) {}

  // `used`: how many of `bytes` belong to the header; all of them unless it is whole or broken.
  State Put(std::string_view bytes, size_t& used);

  // After kWhole: the client; nothing if the proxy speaks for itself (a health check), or for
  // somebody whose address is no IP address.
  const std::optional<Peer>& client() const { return client_; }

 private:
  State PutLine(std::string_view bytes, size_t& used);
  State PutBinary(std::string_view bytes, size_t& used);
  State ReadLine();
  State ReadBinary();
  void Take(std::string_view bytes);

  const size_t bytes_max_;
  std::string head_;  // of version 2: the beginning, with the addresses
  size_t size_ = 0;   // bytes of the header that came
  std::optional<Peer> client_;
};

}  // namespace sluice::edge
