// SPDX-License-Identifier: Apache-2.0
#include "control/port_guests.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

namespace sluice::control {
namespace {

// 0: the descriptor is not open.
ino_t InodeOf(int fd) {
  struct stat status{};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

PortGuests::~PortGuests() {
  for (const Guest& guest : silent_) close(guest.fd);
}

void PortGuests::Arrive(int fd, const std::string& address, Instant now) {
  assert(thread_.IsCurrent());
  if (!MakeRoom(address)) {
    close(fd);
    return;
  }
  silent_.push_back({fd, address, now + limits_.handshake_timeout, InodeOf(fd)});
  ++counts_[address];
  probe_.connections.Add(1);
}

bool PortGuests::MakeRoom(const std::string& address) {
  const bool is_full = silent_.size() + adopted_.size() >= limits_.connections_max;
  if (is_full || Count(address) >= limits_.per_address) Sweep();
  if (Count(address) >= limits_.per_address && !CutSilent(address)) {
    probe_.per_address.Add();
    return false;
  }
  if (silent_.size() + adopted_.size() >= limits_.connections_max && !CutSilent("")) {
    probe_.too_many.Add();
    return false;
  }
  if (silent_.size() >= kSilentMax) CutSilent("");
  return true;
}

size_t PortGuests::Count(const std::string& address) const {
  auto found = counts_.find(address);
  return found == counts_.end() ? 0 : found->second;
}

bool PortGuests::CutSilent(const std::string& address) {
  auto oldest = std::find_if(silent_.begin(), silent_.end(), [&](const Guest& guest) {
    return address.empty() || guest.address == address;
  });
  if (oldest == silent_.end()) return false;
  probe_.silent.Add();  // whoever sees the cut finds it counted
  close(oldest->fd);
  Forget(silent_, oldest);
  return true;
}

bool PortGuests::CutOldest() {
  assert(thread_.IsCurrent());
  return CutSilent("");
}

void PortGuests::Adopt(int fd) {
  assert(thread_.IsCurrent());
  auto guest =
      std::find_if(silent_.begin(), silent_.end(), [fd](const Guest& one) { return one.fd == fd; });
  if (guest != silent_.end()) adopted_.splice(adopted_.end(), silent_, guest);
}

void PortGuests::Drop(int fd) {
  assert(thread_.IsCurrent());
  auto guest =
      std::find_if(silent_.begin(), silent_.end(), [fd](const Guest& one) { return one.fd == fd; });
  if (guest == silent_.end()) return;
  close(fd);
  Forget(silent_, guest);
}

PortGuests::Guests::iterator PortGuests::Forget(Guests& guests, Guests::iterator guest) {
  auto count = counts_.find(guest->address);
  if (--count->second == 0) counts_.erase(count);
  probe_.connections.Add(-1);
  return guests.erase(guest);
}

void PortGuests::Tick(Instant now) {
  assert(thread_.IsCurrent());
  while (!silent_.empty() && silent_.front().deadline <= now) CutSilent("");
  Sweep();
}

// A number that was given to something else by now has another inode.
void PortGuests::Sweep() {
  for (auto guest = adopted_.begin(); guest != adopted_.end();) {
    guest = InodeOf(guest->fd) == guest->inode ? std::next(guest) : Forget(adopted_, guest);
  }
}

std::vector<int> PortGuests::silent() const {
  std::vector<int> descriptors;
  for (const Guest& guest : silent_) descriptors.push_back(guest.fd);
  return descriptors;
}

}  // namespace sluice::control
