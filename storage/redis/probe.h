// SPDX-License-Identifier: Apache-2.0
//
// What a client of Redis counts. Written by its loop's thread alone, read at scrape.
#pragma once

#include "metrics/probe.h"

namespace sluice::storage::redis {

struct Probe final : metrics::Source {
  metrics::Counter commands;          // sent, each try
  metrics::Counter queue_full;        // refused: --redis-queue-bytes
  metrics::Counter timeouts;          // unanswered: --redis-command-timeout
  metrics::Counter lost;              // unanswered when their connection ended
  metrics::Counter errors;            // answered with an error that was passed on
  metrics::Counter retries;           // sent again: a slot has moved, or is not to be had yet
  metrics::Counter connects;          // connections that became ready
  metrics::Counter connects_failed;   // and that did not
  metrics::Counter silent;            // closed: --redis-silence
  metrics::Counter topology_asked;    // sentinels or a cluster asked where the masters are
  metrics::Counter messages;          // heard
  metrics::Counter messages_strange;  // heard on a channel that we do not listen on
  metrics::Counter gaps;              // subscriptions that were cut
  metrics::Gauge queued_bytes;        // of commands that are not answered yet
  metrics::Gauge subscriptions;       // that are wanted
  metrics::Gauge unconfirmed;         // of these, not confirmed

  void Visit(metrics::Visitor& visitor) const override;
};

}  // namespace sluice::storage::redis
