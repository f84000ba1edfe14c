// SPDX-License-Identifier: Apache-2.0
//
// The real gateway as a child process, and just enough of a client to see what it does.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

// Every wait in these tests ends here at the latest, as a failure.
inline constexpr int kPatienceSeconds = 20;

// What a process that ended by itself left behind.
struct Ended {
  int code = -1;  // 128 + signal if one killed it
  std::string out;
  std::string err;
};

class Process {
 public:
  // Starts the gateway with these arguments and no environment but `environment`.
  explicit Process(const std::vector<std::string>& args,
                   const std::vector<std::string>& environment = {});
  // Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const;
  Ended Wait();
  // Until it has logged `text`, or has ended.
  bool WaitForLog(std::string_view text);

 private:
  pid_t pid_ = 0;
  std::string out_path_;
  std::string err_path_;
};

// Runs the gateway to its end.
Ended RunGateway(const std::vector<std::string>& args,
                 const std::vector<std::string>& environment = {});

// A gateway with free ports that has started.
class Gateway {
 public:
  explicit Gateway(std::vector<std::string> args = {});

  Process& process() { return *process_; }
  const std::string& listen() const { return listen_; }
  const std::string& control() const { return control_; }
  const std::string& admin() const { return admin_; }

 private:
  std::optional<Process> process_;
  std::string listen_;
  std::string control_;
  std::string admin_;
};

// A blocking TCP connection to "127.0.0.1:port", with a time limit for each read.
class Socket {
 public:
  explicit Socket(const std::string& address);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }
  void Write(std::string_view bytes) const;
  // Until `end` has come, or the peer closed.
  std::string ReadUntil(std::string_view end);
  // Until the peer closes.
  std::string ReadAll();

  // Upgrades to a WebSocket; false if the answer is not 101.
  bool Upgrade(const std::string& path);
  // The code of the close frame that comes next, answered; 0 if something else came.
  int ReadClose();

 private:
  bool Fill();
  int fd_;
  bool connected_ = false;
  std::string buffer_;
};

// The answer to GET, status line and all.
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace sluice::server
