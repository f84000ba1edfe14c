// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/last_words.h"

#include <cxxabi.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <typeinfo>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gateway/runtime/log_text.h"
#include "gateway/server/bounded_write.h"

namespace sluice::server {
namespace {

constexpr absl::Duration kQueuePatience = absl::Milliseconds(300);
constexpr int kWritePatienceMs = 200;
constexpr size_t kLineMax = 2048;
constexpr size_t kThreadNameMax = 16;  // prctl(2)

struct Fault {
  int signal;
  const char* name;
};
constexpr std::array<Fault, 6> kFaults = {{{SIGABRT, "SIGABRT"},
                                           {SIGBUS, "SIGBUS"},
                                           {SIGFPE, "SIGFPE"},
                                           {SIGILL, "SIGILL"},
                                           {SIGSEGV, "SIGSEGV"},
                                           {SIGSYS, "SIGSYS"}}};

// Handlers of signals and of std::terminate are plain functions: what they need is the process's.
std::atomic<const runtime::Log*> current{nullptr};
std::atomic<int> log_fd{-1};
std::atomic<bool> said{false};

bool IsJson() {
  const runtime::Log* log = current;
  return log != nullptr && log->format() == runtime::LogFormat::kJson;
}

// What stands before and behind the time, and behind the values.
struct Frame {
  const char* head;
  const char* middle;  // printf: cause, says
  const char* tail;    // printf: thread
};
constexpr Frame kText = {"", "Z error terminated cause=%s says=%s", " thread=%s\n"};
constexpr Frame kJson = {R"({"time":")",
                         R"(Z","level":"error","event":"terminated","cause":%s,"says":%s)",
                         ",\"thread\":\"%s\"}\n"};

// "2026-01-31T12:00:00.123". Neither allocates nor locks.
int PrintTime(char* out, size_t size) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto civil = absl::ToCivilSecond(absl::FromUnixSeconds(now.tv_sec), absl::UTCTimeZone());
  return std::snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03d",
                       static_cast<int>(civil.year()), civil.month(), civil.day(), civil.hour(),
                       civil.minute(), civil.second(), static_cast<int>(now.tv_nsec / 1'000'000));
}

// A line that grows piece by piece within its bound.
class Line {
 public:
  template <typename... Values>
  void Add(const char* format, Values... values) {
    Grow(std::snprintf(text_ + size_, kLineMax - size_, format, values...));
  }
  void AddTime() { Grow(PrintTime(text_ + size_, kLineMax - size_)); }
  std::string_view view() const { return {text_, size_}; }

 private:
  void Grow(int by) {
    if (by > 0) size_ = std::min(size_ + static_cast<size_t>(by), kLineMax - 1);
  }
  char text_[kLineMax];
  size_t size_ = 0;
};

// `cause` and `says` as the format wants them: quoted or plain.
void Say(const char* cause, const char* says) {
  const runtime::Log* log = current;
  if (log == nullptr || said.exchange(true)) return;
  log->Flush(kQueuePatience);
  char thread[kThreadNameMax + 1] = {};
  prctl(PR_GET_NAME, thread);
  const Frame& frame = IsJson() ? kJson : kText;
  Line line;
  line.Add("%s", frame.head);
  line.AddTime();
  line.Add(frame.middle, cause, says);
  line.Add(frame.tail, thread);
  WriteWithin(log_fd, line.view(), kWritePatienceMs);
}

void OnFault(int signal) {
  const bool json = IsJson();
  for (const Fault& fault : kFaults) {
    if (fault.signal != signal) continue;
    char cause[kThreadNameMax];
    std::snprintf(cause, sizeof(cause), json ? "\"%s\"" : "%s", fault.name);
    Say(cause, "\"\"");
  }
  // It ends as it would have ended, with a core if there is to be one.
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string NameOf(const std::type_info* type) {
  if (type == nullptr) return "std::terminate";
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type->name();
}

std::string WhatOf(const std::exception_ptr& exception) {
  if (!exception) return "";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "";
  }
}

[[noreturn]] void OnTerminate() {
  LastWords::Say(NameOf(abi::__cxa_current_exception_type()), WhatOf(std::current_exception()));
  std::abort();
}

}  // namespace

// In glibc's place, which would write a line of no format of ours.
extern "C" void __assert_fail(const char* assertion,  // NOLINT(bugprone-reserved-identifier)
                              const char* file, unsigned int line, const char* function) noexcept {
  constexpr const char* kSays = "%s (%s:%u, %s)";
  char says[kLineMax / 16];
  std::snprintf(says, sizeof(says), kSays, assertion, file, line, function);
  if (current == nullptr) std::fprintf(stderr, "%s\n", says);
  LastWords::Say("assert", says);
  std::abort();
}

LastWords::LastWords(const runtime::Log& log, int fd) {
  log_fd = fd;
  current = &log;
  char warm[32];
  PrintTime(warm, sizeof(warm));  // Abseil makes its UTC zone the first time
  std::set_terminate(OnTerminate);
  for (const Fault& fault : kFaults) {
    struct sigaction before{};
    if (sigaction(fault.signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action{};
    action.sa_handler = OnFault;
    sigaction(fault.signal, &action, nullptr);
  }
}

LastWords::~LastWords() { current = nullptr; }

void LastWords::Say(std::string_view cause, std::string_view says) {
  constexpr size_t kValueMax = kLineMax / 16;  // six bytes for one, twice, and the rest
  auto* shown = IsJson() ? &runtime::JsonText : &runtime::PlainText;
  server::Say(shown(cause.substr(0, kValueMax)).c_str(), shown(says.substr(0, kValueMax)).c_str());
}

}  // namespace sluice::server
