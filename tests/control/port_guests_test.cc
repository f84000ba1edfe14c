// SPDX-License-Identifier: Apache-2.0
#include "control/port_guests.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace sluice::control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PortGuestsTest : public testing::Test {
 protected:
  ~PortGuestsTest() override {
    for (int fd : peers_) close(fd);
  }
  // One that came, and its number.
  int Come(PortGuests& guests, const std::string& address = "10.0.0.1") {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    peers_.push_back(ends[1]);
    guests.Arrive(ends[0], address, now_);
    return ends[0];
  }
  int Speaks(PortGuests& guests, const std::string& address = "10.0.0.1") {
    const int fd = Come(guests, address);
    guests.Adopt(fd);
    return fd;
  }
  static bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

  PortProbe probe_;
  Instant now_{absl::Hours(1)};
  std::vector<int> peers_;
};

TEST_F(PortGuestsTest, WhoIsSilentIsCutInTime) {
  PortGuests guests({.handshake_timeout = absl::Seconds(10)}, probe_);
  const int silent = Come(guests);
  const int speaks = Speaks(guests);
  now_ += absl::Seconds(9);
  guests.Tick(now_);
  EXPECT_TRUE(IsOpen(silent));
  now_ += absl::Seconds(1);
  guests.Tick(now_);
  EXPECT_FALSE(IsOpen(silent));
  EXPECT_TRUE(IsOpen(speaks));
  EXPECT_EQ(probe_.silent.value(), 1u);
  EXPECT_EQ(probe_.connections.value(), 1);
  close(speaks);
}

TEST_F(PortGuestsTest, ANewerOneTakesThePlaceOfTheOldestThatIsSilent) {
  PortGuests guests({.connections_max = 3}, probe_);
  const int first = Come(guests, "10.0.0.1");
  const int speaks = Speaks(guests, "10.0.0.2");
  const int third = Come(guests, "10.0.0.3");
  const int fourth = Come(guests, "10.0.0.4");
  EXPECT_TRUE(first == fourth || !IsOpen(first)) << "its number may be another's by now";
  EXPECT_THAT(guests.silent(), ElementsAre(third, fourth));
  EXPECT_EQ(probe_.silent.value(), 1u);
  close(speaks);
}

TEST_F(PortGuestsTest, ThoseThatSpeakAreNeverCut) {
  PortGuests guests({.connections_max = 2}, probe_);
  const int first = Speaks(guests);
  const int second = Speaks(guests);
  Come(guests);
  EXPECT_THAT(guests.silent(), IsEmpty());
  EXPECT_TRUE(IsOpen(first) && IsOpen(second));
  EXPECT_EQ(probe_.too_many.value(), 1u);
  close(first);
  const int third = Come(guests);
  EXPECT_THAT(guests.silent(), ElementsAre(third)) << "there is room again at once";
  close(second);
}

TEST_F(PortGuestsTest, AnAddressIsBoundedAndHurtsNoOther) {
  PortGuests guests({.per_address = 2}, probe_);
  const int first = Speaks(guests, "10.0.0.1");
  const int second = Speaks(guests, "10.0.0.1");
  Come(guests, "10.0.0.1");
  EXPECT_EQ(probe_.per_address.value(), 1u);
  const int other = Come(guests, "10.0.0.2");
  EXPECT_THAT(guests.silent(), ElementsAre(other));
  close(first);
  guests.Tick(now_);
  Come(guests, "10.0.0.1");
  const int last = Come(guests, "10.0.0.1");
  EXPECT_THAT(guests.silent(), ElementsAre(other, last)) << "its own oldest gave way";
  close(second);
}

// A number that gRPC closed and that became something else.
TEST_F(PortGuestsTest, ANumberThatIsReusedIsNoLongerAGuest) {
  PortGuests guests({}, probe_);
  const int fd = Speaks(guests);
  close(fd);
  const int other = open("/dev/null", O_RDONLY);
  EXPECT_EQ(other, fd);
  EXPECT_EQ(probe_.connections.value(), 1);
  guests.Tick(now_);
  EXPECT_EQ(probe_.connections.value(), 0);
  EXPECT_TRUE(guests.empty());
  close(other);
}

TEST_F(PortGuestsTest, FewAreSilentAtOnceWhateverTheLimits) {
  PortGuests guests({}, probe_);
  for (size_t i = 0; i < PortGuests::kSilentMax + 5; ++i) Come(guests);
  EXPECT_EQ(guests.silent().size(), PortGuests::kSilentMax);
  EXPECT_EQ(probe_.connections.value(), static_cast<int64_t>(PortGuests::kSilentMax));
}

TEST_F(PortGuestsTest, WhoLeavesIsForgotten) {
  PortGuests guests({}, probe_);
  guests.Drop(Come(guests));
  EXPECT_TRUE(guests.empty());
  EXPECT_EQ(probe_.connections.value(), 0);
  EXPECT_EQ(probe_.silent.value(), 0u);
  EXPECT_FALSE(guests.CutOldest());
}

}  // namespace
}  // namespace sluice::control
