// SPDX-License-Identifier: Apache-2.0
#include "tests/server/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::server {
namespace {

constexpr char kBinary[] = "gateway/sluice";  // in the runfiles, where tests start

absl::Time Deadline() { return absl::Now() + absl::Seconds(kPatienceSeconds); }

// How often a condition that no descriptor announces is looked at.
void Pause() { poll(nullptr, 0, 5); }

std::string NewPath(const std::string& name) {
  static std::atomic<int> next{0};
  return testing::TempDir() + "/" + name + "." + std::to_string(getpid()) + "." +
         std::to_string(next++);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

void Redirect(const std::string& path, int fd) {
  int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, fd);
  close(file);
}

}  // namespace

Process::Process(const std::vector<std::string>& args, const std::vector<std::string>& environment)
    : out_path_(NewPath("out")), err_path_(NewPath("err")) {
  std::vector<std::string> words = {kBinary};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<std::string> variables = environment;
  // The sanitizers' settings, under which the tests themselves run.
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  }
  auto argv = Pointers(words);
  auto envp = Pointers(variables);
  pid_ = fork();
  if (pid_ != 0) return;
  Redirect(out_path_, STDOUT_FILENO);
  Redirect(err_path_, STDERR_FILENO);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

Process::~Process() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::Signal(int signal) const { kill(pid_, signal); }

Ended Process::Wait() {
  Ended ended;
  int status = 0;
  absl::Time deadline = Deadline();
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (absl::Now() > deadline) {
      ADD_FAILURE() << "the gateway still runs; it logged:\n" << ReadFile(err_path_);
      return ended;
    }
    Pause();
  }
  pid_ = 0;
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.out = ReadFile(out_path_);
  ended.err = ReadFile(err_path_);
  return ended;
}

bool Process::WaitForLog(std::string_view text) {
  for (absl::Time deadline = Deadline(); absl::Now() < deadline; Pause()) {
    if (ReadFile(err_path_).find(text) != std::string::npos) return true;
    siginfo_t ended{};
    if (waitid(P_PID, pid_, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0) break;
  }
  return ReadFile(err_path_).find(text) != std::string::npos;
}

Ended RunGateway(const std::vector<std::string>& args,
                 const std::vector<std::string>& environment) {
  return Process(args, environment).Wait();
}

Gateway::Gateway(std::vector<std::string> args) {
  const std::string file = NewPath("addresses");
  std::vector<std::string> all = {"--listen=127.0.0.1:0", "--control=127.0.0.1:0",
                                  "--admin=127.0.0.1:0",  "--shards=2",
                                  "--log-level=debug",    "--address-file=" + file};
  all.insert(all.end(), args.begin(), args.end());
  process_.emplace(all);
  absl::Time deadline = Deadline();
  while (!std::filesystem::exists(file)) {
    if (absl::Now() > deadline) {
      ADD_FAILURE() << "the gateway did not start:\n" << process_->Wait().err;
      return;
    }
    Pause();
  }
  auto addresses = nlohmann::json::parse(ReadFile(file));
  listen_ = addresses["listen"];
  control_ = addresses["control"];
  admin_ = addresses["admin"];
}

Socket::Socket(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  timeval patience{kPatienceSeconds, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
}

Socket::~Socket() { close(fd_); }

void Socket::Write(std::string_view bytes) const {
  send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool Socket::Fill() {
  std::array<char, 4096> bytes;
  ssize_t read = recv(fd_, bytes.data(), bytes.size(), 0);
  if (read > 0) buffer_.append(bytes.data(), static_cast<size_t>(read));
  return read > 0;
}

std::string Socket::ReadUntil(std::string_view end) {
  while (buffer_.find(end) == std::string::npos && Fill()) {
  }
  size_t size = std::min(buffer_.find(end), buffer_.size() - end.size()) + end.size();
  std::string read = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return read;
}

std::string Socket::ReadAll() {
  while (Fill()) {
  }
  return std::exchange(buffer_, "");
}

bool Socket::Upgrade(const std::string& path) {
  Write("GET " + path +
        " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return ReadUntil("\r\n\r\n").rfind("HTTP/1.1 101 ", 0) == 0;
}

int Socket::ReadClose() {
  // A close frame: 0x88, its length (at most 125), the code, the reason.
  while (buffer_.size() < 4 && Fill()) {
  }
  if (buffer_.size() < 4 || buffer_[0] != '\x88') return 0;
  // Masked with zeros, as a client must mask.
  Write(std::string("\x88\x82\0\0\0\0", 6) + buffer_.substr(2, 2));
  return static_cast<uint8_t>(buffer_[2]) << 8 | static_cast<uint8_t>(buffer_[3]);
}

std::string HttpGet(const std::string& address, const std::string& path) {
  Socket socket(address);
  socket.Write("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return socket.ReadAll();
}

}  // namespace sluice::server
