// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/process_setup.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

#include "gateway/runtime/home_thread.h"

namespace sluice::server {
namespace {

// System calls as they are, and nothing of a sanitizer's: no initialiser has run yet.
[[clang::disable_sanitizer_instrumentation]] void FillStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (syscall(SYS_fcntl, fd, F_GETFD) >= 0) continue;
    // The lowest number that is free, which is this one. Where there is no /dev/null, anything
    // else holds the place as well.
    if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) >= 0) continue;
    syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
  }
}

// Run by the loader ahead of the initialisers of all libraries (System V gABI, DT_PREINIT_ARRAY).
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const fill_standard_descriptors)() = FillStandardDescriptors;

}  // namespace

void IgnoreStraySignals() {
  for (int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT,
                     SIGPIPE, SIGXFSZ, SIGTTOU, SIGTTIN}) {
    std::signal(signal, SIG_IGN);
  }
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) {
    if (signal != runtime::LeaveSignal()) std::signal(signal, SIG_IGN);
  }
}

}  // namespace sluice::server
