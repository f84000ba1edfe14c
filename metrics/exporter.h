// SPDX-License-Identifier: Apache-2.0
//
// Turns what the rooms count into Prometheus' text format. The only reader of
// probes, and the only room that knows Prometheus. Nothing is kept between
// scrapes.
#pragma once

#include <string>
#include <vector>

#include "metrics/probe.h"

namespace sluice::metrics {

class Exporter {
 public:
  // `version` of this build, for sluice_build_info. The sources outlive this.
  Exporter(std::vector<const Source*> sources, std::string version);

  // Every source's numbers under "sluice_", those of equal name and labels
  // added up, and the process' own (process_*). May be called from any thread.
  std::string Render() const;

  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

 private:
  std::vector<const Source*> sources_;
  std::string version_;
};

}  // namespace sluice::metrics
