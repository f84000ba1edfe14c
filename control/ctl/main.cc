// SPDX-License-Identifier: Apache-2.0
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "control/ctl/interrupts.h"
#include "control/ctl/program.h"

int main(int argc, char** argv) {
  // How wide characters are; everything else is the same in any language.
  setlocale(LC_CTYPE, "C.UTF-8");
  // A reader that goes away is noticed by what is written (control/ctl/output.h).
  signal(SIGPIPE, SIG_IGN);
  // gRPC tells about each address that it cannot reach; what counts comes as a status.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  static auto& interrupts = *new sluice::ctl::Interrupts();
  const std::vector<std::string> words(argv + 1, argv + argc);
  return static_cast<int>(sluice::ctl::RunProgram(words, interrupts));
}
