// SPDX-License-Identifier: Apache-2.0
//
// A gateway as a child process, on ports of the system's choice.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sluice::bench {

class Gateway {
 public:
  // Returns once it listens. `flags` are added to those that this needs.
  Gateway(const std::string& binary, const std::vector<std::string>& flags);
  ~Gateway();  // ends it
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& clients() const { return clients_; }
  const std::string& control() const { return control_; }

  // A counter, its series added up: "sluice_edge_flushes_total".
  double Metric(const std::string& name) const;

 private:
  void Launch(const std::string& binary, const std::vector<std::string>& flags);
  void AwaitAddresses(const std::string& file);

  pid_t pid_ = -1;
  std::string folder_;
  std::string clients_;
  std::string control_;
  std::string admin_;
};

// Adds up the samples of one metric in Prometheus text.
double SumMetric(const std::string& text, const std::string& name);

}  // namespace sluice::bench
