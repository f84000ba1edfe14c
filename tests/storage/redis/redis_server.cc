// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/redis/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/time/clock.h"

namespace sluice::storage::redis {
namespace {

constexpr int kPortsTried = 20;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "redis-server: %s\n", what.c_str());
  std::abort();
}

std::string MakeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-redis-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Fail("no folder");
  return pattern;
}

// In the child. What it says goes to `log` in its folder, which it is in.
[[noreturn]] void Become(std::vector<std::string> arguments, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chdir(folder.c_str()) != 0) _exit(126);
  int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, 1);
  dup2(log, 2);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using ContextPtr = std::unique_ptr<redisContext, FreeContext>;

ContextPtr Connect(int port) {
  timeval patience{.tv_sec = 5, .tv_usec = 0};
  ContextPtr context(redisConnectWithTimeout("127.0.0.1", port, patience));
  if (context && context->err == 0) redisSetTimeout(context.get(), patience);
  return context;
}

std::string Text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, reply.len);
    case REDIS_REPLY_ARRAY:
      break;
    case REDIS_REPLY_NIL:
      return "";
    default:
      return std::string(reply.str, reply.len);
  }
  std::string text;
  for (size_t i = 0; i < reply.elements; ++i) {
    if (i > 0) text += ' ';
    text += Text(*reply.element[i]);
  }
  return text;
}

}  // namespace

int FreePort() {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  if (!bound) Fail("no free port");
  return ntohs(address.sin_port);
}

void Breathe() { absl::SleepFor(absl::Milliseconds(5)); }

RedisServer::RedisServer(std::vector<std::string> arguments, std::string sentinel)
    : arguments_(std::move(arguments)), sentinel_(std::move(sentinel)), folder_(MakeFolder()) {
  for (int i = 0; i < kPortsTried; ++i) {
    port_ = FreePort();
    second_port_ = FreePort();
    if (Launch()) return;
  }
  Fail("did not start; is it installed? see " + folder_ + "/log");
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> RedisServer::Command() const {
  std::string port = std::to_string(port_);
  if (!sentinel_.empty()) {
    std::ofstream(folder_ + "/sentinel.conf") << "port " << port << "\nbind 127.0.0.1\n"
                                              << sentinel_;
    return {"redis-server", "sentinel.conf", "--sentinel"};
  }
  std::vector<std::string> command = {"redis-server",
                                      "--port",
                                      port,
                                      "--bind",
                                      "127.0.0.1",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--repl-diskless-sync-delay",
                                      "0"};
  command.insert(command.end(), arguments_.begin(), arguments_.end());
  for (const std::string& argument : arguments_) {
    bool cluster = argument == "--cluster-enabled";
    if (!cluster && argument != "--tls-cert-file") continue;
    command.insert(command.end(),
                   {cluster ? "--cluster-port" : "--tls-port", std::to_string(second_port_)});
  }
  return command;
}

bool RedisServer::Launch() {
  std::vector<std::string> command = Command();
  pid_ = fork();
  if (pid_ == 0) Become(std::move(command), folder_);
  bool ended = false;
  bool up = Eventually([this, &ended] {
    ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
    std::string answer = ended ? "" : Do({"PING"});
    return ended || answer == "PONG" || answer.starts_with("-NO");
  });
  if (up && !ended) return true;
  if (!ended) Kill();
  pid_ = 0;
  return false;
}

void RedisServer::Signal(int signal) const {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  if (signal == SIGSTOP) waitpid(pid_, nullptr, WUNTRACED);
}

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisServer::Start() {
  if (!Eventually([this] { return Launch(); })) Fail("did not start again");
}

std::string RedisServer::Do(const std::vector<std::string>& command) const {
  ContextPtr context = Connect(port_);
  if (!context || context->err != 0) return "-not connected";
  std::vector<const char*> values;
  std::vector<size_t> sizes;
  for (const std::string& word : command) {
    values.push_back(word.data());
    sizes.push_back(word.size());
  }
  std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(redisCommandArgv(
      context.get(), static_cast<int>(command.size()), values.data(), sizes.data())));
  return reply ? Text(*reply) : "-no answer";
}

}  // namespace sluice::storage::redis
