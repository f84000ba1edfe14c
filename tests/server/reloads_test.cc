// SPDX-License-Identifier: Apache-2.0
//
// What is mounted and changes is read again, once, whatever comes of it.
#include "gateway/server/reloads.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/server/certificate.h"
#include "gateway/server/file_contents.h"

namespace sluice::server {
namespace {

class ReloadsTest : public testing::Test {
 protected:
  ReloadsTest() { std::filesystem::create_directory(folder_); }
  ~ReloadsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }
  // One second later.
  void Tick(Reloads& reloads) {
    now_ = now_ + absl::Seconds(1);
    reloads.Tick(now_);
  }

  Now now_{Instant(absl::Seconds(100)), absl::UnixEpoch()};
  const std::string folder_ = testing::TempDir() + "/reloads-" + std::to_string(getpid());
  const runtime::Log log_{{}, STDERR_FILENO};
  int reloaded_ = 0;
  absl::Status result_;
  std::vector<std::string> files_ = {Path("a"), Path("b")};
  Reloads::Ports ports_{.reload =
                            [this] {
                              ++reloaded_;
                              return result_;
                            },
                        .files = [this] { return files_; }};
};

TEST_F(ReloadsTest, WhatChangesIsReadAgainOnce) {
  Write("a", "1");
  Reloads reloads({.interval = absl::Seconds(1)}, ports_, log_);
  Tick(reloads);
  EXPECT_EQ(reloaded_, 0);
  Write("a", "2");
  Tick(reloads);
  Tick(reloads);
  EXPECT_EQ(reloaded_, 1);
  Write("a", "2");
  Tick(reloads);
  EXPECT_EQ(reloaded_, 1) << "written anew, and the same";
  Write("b", "");
  Tick(reloads);
  EXPECT_EQ(reloaded_, 2) << "it was not there before";
}

TEST_F(ReloadsTest, WhatIsRefusedIsTriedAgainWhenItChanges) {
  Write("a", "1");
  Reloads reloads({.interval = absl::Seconds(1)}, ports_, log_);
  result_ = absl::InvalidArgumentError("broken");
  Write("a", "2");
  Tick(reloads);
  Tick(reloads);
  EXPECT_EQ(reloaded_, 1);
  result_ = absl::OkStatus();
  Write("a", "3");
  Tick(reloads);
  EXPECT_EQ(reloaded_, 2);
}

TEST_F(ReloadsTest, LooksNoMoreOftenThanTheInterval) {
  Reloads reloads({.interval = absl::Seconds(3)}, ports_, log_);
  Tick(reloads);
  Write("a", "1");
  Tick(reloads);
  Tick(reloads);
  EXPECT_EQ(reloaded_, 0);
  Tick(reloads);
  EXPECT_EQ(reloaded_, 1);
}

TEST_F(ReloadsTest, WithoutAnIntervalOnlyWhenItIsTold) {
  Reloads reloads({.interval = absl::ZeroDuration()}, ports_, log_);
  Write("a", "1");
  Tick(reloads);
  EXPECT_EQ(reloaded_, 0);
  reloads.Reload();
  EXPECT_EQ(reloaded_, 1);
}

TEST_F(ReloadsTest, FilesThatAreNamedLaterAreWatchedFromThenOn) {
  Reloads reloads({.interval = absl::Seconds(1)}, ports_, log_);
  files_.push_back(Path("c"));
  reloads.Reload();
  Write("c", "1");
  Tick(reloads);
  EXPECT_EQ(reloaded_, 2);
}

TEST_F(ReloadsTest, ALinkThatIsTurnedIsAChange) {
  std::filesystem::create_directory(Path("old"));
  std::filesystem::create_directory(Path("new"));
  Write("old/key", "1");
  Write("new/key", "2");
  std::filesystem::create_directory_symlink("old", Path("data"));
  FileContents contents;
  contents.Watch({Path("data/key")});
  EXPECT_FALSE(contents.Changed());
  std::filesystem::create_directory_symlink("new", Path("fresh"));
  std::filesystem::rename(Path("fresh"), Path("data"));
  EXPECT_TRUE(contents.Changed());
  EXPECT_FALSE(contents.Changed());
}

TEST_F(ReloadsTest, WhatIsNoCertificateHasNoExpiry) {
  Write("a", "rubbish");
  EXPECT_EQ(EarliestExpiry(Path("a")), absl::InfinitePast());
  EXPECT_EQ(EarliestExpiry(Path("missing")), absl::InfinitePast());
}

}  // namespace
}  // namespace sluice::server
