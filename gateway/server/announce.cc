// SPDX-License-Identifier: Apache-2.0
#include "gateway/server/announce.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::server {

void AnnounceThreads(const runtime::Log& log, const Processors& processors, uint32_t asked,
                     uint32_t shards) {
  log.Info("threads", {{"shards", std::to_string(shards)},
                       {"because_of", asked > 0 ? "option" : "what is granted"},
                       {"cores", std::to_string(processors.cores)},
                       {"affinity", std::to_string(processors.affinity)},
                       {"quota", processors.quota > 0 ? absl::StrCat(processors.quota) : "none"}});
}

void AnnounceDescriptors(const runtime::Log& log, const DescriptorLimits& limits,
                         const edge::EdgeOptions& options) {
  const int in_use = std::max(NextDescriptor(), 0);
  const int for_clients = std::max(options.descriptors_end - in_use, 0);
  log.Info("descriptors", {{"limit", std::to_string(limits.soft)},
                           {"raised_from", std::to_string(limits.before)},
                           {"hard_limit", std::to_string(limits.hard)},
                           {"reserve", std::to_string(options.descriptors_reserve)},
                           {"for_clients", std::to_string(for_clients)}});
  if (options.connections_max <= static_cast<size_t>(for_clients)) return;
  log.Warn("connections-max cannot be met",
           {{"connections-max", std::to_string(options.connections_max)},
            {"for_clients", std::to_string(for_clients)},
            {"why", absl::StrCat("the hard limit of open files is ", limits.hard)}});
}

}  // namespace sluice::server
