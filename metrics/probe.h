// SPDX-License-Identifier: Apache-2.0
//
// What a room counts, and how it shows it.
//
// A probe is a plain struct of these numbers; the room that owns it writes it,
// the exporter reads it at scrape time through Visit. Nothing here knows
// Prometheus, and counting costs a load and a store.
//
// Threads: Counter, Gauge and Histogram have ONE writing thread (a shard's) and
// any number of readers; SharedCounter and SharedGauge may be written by many.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::metrics {

class Counter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class SharedCounter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Add(int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

class SharedGauge {
 public:
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Counts observations into buckets with fixed upper bounds, as Prometheus
// histograms do.
class Histogram {
 public:
  static constexpr size_t kBoundsMax = 16;

  // `bounds` ascend, at most kBoundsMax, and live as long as the process (a
  // constexpr array).
  template <size_t N>
  explicit Histogram(const std::array<double, N>& bounds) : bounds_(bounds.data()), size_(N) {
    static_assert(N <= kBoundsMax);
  }

  void Observe(double value) {
    size_t bucket = std::lower_bound(bounds_, bounds_ + size_, value) - bounds_;
    counts_[bucket].Add();
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  size_t size() const { return size_; }
  double bound(size_t i) const { return bounds_[i]; }
  // Observations in bucket `i` alone; bucket size() holds what was above every
  // bound.
  uint64_t count(size_t i) const { return counts_[i].value(); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const double* bounds_;
  size_t size_;
  std::array<Counter, kBoundsMax + 1> counts_;
  std::atomic<double> sum_{0};
};

// Seconds, from 100 us to 10 s: delays that a person or a deadline can feel.
inline constexpr std::array<double, 14> kDelaySeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10};

// Bytes, from 128 B to 1 MiB by factors of four.
inline constexpr std::array<double, 8> kSizeBytes = {128,   512,    2048,   8192,
                                                     32768, 131072, 524288, 1048576};

// name="value" pairs; values come from bounded sets (dialect, reason, type),
// never from clients.
using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

// Is shown every number of a probe. What arrives several times under the same
// name and labels (once a shard) is added up by the exporter.
class Visitor {
 public:
  virtual ~Visitor() = default;
  // `name` without the "sluice_" prefix; counters end in "_total". `help` says
  // what a rise means.
  virtual void Count(std::string_view name, std::string_view help, const Labels& labels,
                     uint64_t value) = 0;
  virtual void Level(std::string_view name, std::string_view help, const Labels& labels,
                     double value) = 0;
  virtual void Distribution(std::string_view name, std::string_view help, const Labels& labels,
                            const Histogram& value) = 0;
};

// Something with numbers to show. Visit may be called from any thread at any
// time while it lives.
class Source {
 public:
  virtual ~Source() = default;
  virtual void Visit(Visitor& visitor) const = 0;
};

}  // namespace sluice::metrics
