// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/addresses.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace sluice::server {
namespace {

const Addresses kAddresses{"127.0.0.1:1", "[::1]:2", "127.0.0.1:3"};

TEST(Addresses, AreOneJsonObject) {
  auto json = nlohmann::json::parse(kAddresses.ToJson());
  EXPECT_EQ(json["listen"], "127.0.0.1:1");
  EXPECT_EQ(json["control"], "[::1]:2");
  EXPECT_EQ(json["admin"], "127.0.0.1:3");
}

TEST(Addresses, ReplaceTheFileAndLeaveNothingBeside) {
  const std::string folder = testing::TempDir() + "/addresses";
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/file.json";
  std::ofstream(path) << "old";
  ASSERT_TRUE(WriteAddressFile(path, kAddresses).ok());
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), kAddresses.ToJson());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(Addresses, FileThatCannotBeWrittenIsNamed) {
  absl::Status status = WriteAddressFile("/nonexistent/file.json", kAddresses);
  EXPECT_EQ(status.message(),
            "address-file: cannot write /nonexistent/file.json; use a file in a folder that can "
            "be written");
}

}  // namespace
}  // namespace sluice::server
