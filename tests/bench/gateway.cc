// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/gateway.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/bench/accounting.h"
#include "tests/bench/fail.h"
#include "tests/bench/socket.h"

namespace sluice::bench {
namespace {

constexpr double kStartSeconds = 20;
constexpr useconds_t kPollMicroseconds = 10'000;

std::string MakeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-bench-XXXXXX").string();
  if (!mkdtemp(pattern.data())) FailErrno("mkdtemp");
  return pattern;
}

std::string ReadAll(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

double SumMetric(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string line;
  double sum = 0;
  while (std::getline(lines, line)) {
    if (line.compare(0, name.size(), name) != 0) continue;
    char next = line.size() > name.size() ? line[name.size()] : '\0';
    if (next != ' ' && next != '{') continue;
    sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

Gateway::Gateway(const std::string& binary, const std::vector<std::string>& flags)
    : folder_(MakeFolder()) {
  std::string file = folder_ + "/addresses";
  // Without the two rates that would keep a thousand impatient clients out, and without pings,
  // which would be bytes that nobody sent.
  std::vector<std::string> all = {binary,
                                  "--listen=127.0.0.1:0",
                                  "--control=127.0.0.1:0",
                                  "--admin=127.0.0.1:0",
                                  "--log-level=warn",
                                  "--accepts-per-second=0",
                                  "--commands-per-second=0",
                                  "--bytes-per-second=0",
                                  "--ping-interval=0s",
                                  "--address-file=" + file};
  all.insert(all.end(), flags.begin(), flags.end());
  Launch(binary, all);
  AwaitAddresses(file);
}

void Gateway::Launch(const std::string& binary, const std::vector<std::string>& flags) {
  std::vector<char*> arguments;
  for (const std::string& flag : flags) arguments.push_back(const_cast<char*>(flag.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) FailErrno("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execv(binary.c_str(), arguments.data());
  FailErrno("start " + binary + " (build it: bazel build //gateway:sluice)");
}

void Gateway::AwaitAddresses(const std::string& file) {
  for (double start = WallSeconds(); !std::filesystem::exists(file); usleep(kPollMicroseconds)) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) Fail("the gateway ended at its start");
    if (WallSeconds() - start > kStartSeconds) Fail("the gateway does not start");
  }
  auto addresses = nlohmann::json::parse(ReadAll(file));
  clients_ = addresses["listen"];
  control_ = addresses["control"];
  admin_ = addresses["admin"];
}

// Nothing is to be drained: the clients are ours.
Gateway::~Gateway() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

double Gateway::Metric(const std::string& name) const {
  return SumMetric(HttpGet(admin_, "/metrics"), name);
}

}  // namespace sluice::bench
