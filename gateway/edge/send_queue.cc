// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/send_queue.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace sluice::edge {
namespace {

// An older kernel fills in less of it.
constexpr size_t kNeeded = offsetof(tcp_info, tcpi_snd_wnd) + sizeof(tcp_info::tcpi_snd_wnd);

}  // namespace

SendQueue ReadSendQueue(int socket) {
  int unconfirmed = 0;
  if (::ioctl(socket, SIOCOUTQ, &unconfirmed) != 0) return {};
  SendQueue queue;
  queue.unconfirmed = static_cast<uint64_t>(unconfirmed);
  tcp_info info = {};
  socklen_t size = sizeof(info);
  bool told = ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && size >= kNeeded;
  if (!told) return queue;
  queue.in_flight =
      queue.unconfirmed - std::min<uint64_t>(queue.unconfirmed, info.tcpi_notsent_bytes);
  queue.allowed = info.tcpi_bytes_acked + info.tcpi_snd_wnd;
  return queue;
}

}  // namespace sluice::edge
