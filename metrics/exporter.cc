// SPDX-License-Identifier: Apache-2.0
#include "metrics/exporter.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "metrics/process.h"
#include "text/utf8.h"

namespace sluice::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using LabelSet = std::vector<ClientMetric::Label>;

LabelSet Convert(const Labels& labels) {
  LabelSet converted;
  for (const auto& [name, value] : labels) {
    converted.push_back({std::string(name), text::ToUtf8(std::string(value))});
  }
  return converted;
}

void AddTo(ClientMetric::Histogram& sum, const Histogram& value) {
  sum.bucket.resize(value.size() + 1);
  uint64_t cumulative = 0;
  for (size_t i = 0; i <= value.size(); ++i) {
    cumulative += value.count(i);
    sum.bucket[i].cumulative_count += cumulative;
    sum.bucket[i].upper_bound =
        i < value.size() ? value.bound(i) : std::numeric_limits<double>::infinity();
  }
  // Counted from the buckets, so that the two agree while a shard goes on
  // observing.
  sum.sample_count = sum.bucket.back().cumulative_count;
  sum.sample_sum += value.sum();
}

// Collects one scrape.
class Collector final : public Visitor {
 public:
  void Count(std::string_view name, std::string_view help, const Labels& labels,
             uint64_t value) override {
    At(name, help, labels, MetricType::Counter).counter.value += static_cast<double>(value);
  }
  void Level(std::string_view name, std::string_view help, const Labels& labels,
             double value) override {
    At(name, help, labels, MetricType::Gauge).gauge.value += value;
  }
  void Distribution(std::string_view name, std::string_view help, const Labels& labels,
                    const Histogram& value) override {
    AddTo(At(name, help, labels, MetricType::Histogram).histogram, value);
  }

  void MoveInto(std::vector<MetricFamily>& out) {
    for (auto& [name, family] : families_) {
      MetricFamily converted{name, std::move(family.help), family.type, {}};
      for (auto& [labels, metric] : family.metrics) converted.metric.push_back(std::move(metric));
      out.push_back(std::move(converted));
    }
  }

 private:
  struct Family {
    std::string help;
    MetricType type;
    std::map<LabelSet, ClientMetric> metrics;
  };

  ClientMetric& At(std::string_view name, std::string_view help, const Labels& labels,
                   MetricType type) {
    auto [family, inserted] =
        families_.try_emplace("sluice_" + std::string(name), Family{std::string(help), type, {}});
    LabelSet set = Convert(labels);
    ClientMetric& metric = family->second.metrics[set];
    if (metric.label.empty()) metric.label = std::move(set);
    return metric;
  }

  std::map<std::string, Family> families_;
};

void AddProcess(std::vector<MetricFamily>& out) {
  for (const ProcessValue& value : ReadProcess()) {
    ClientMetric metric;
    (value.counter ? metric.counter.value : metric.gauge.value) = value.value;
    out.push_back({std::string(value.name),
                   std::string(value.help),
                   value.counter ? MetricType::Counter : MetricType::Gauge,
                   {metric}});
  }
}

}  // namespace

Exporter::Exporter(std::vector<const Source*> sources, std::string version)
    : sources_(std::move(sources)), version_(std::move(version)) {}

std::string Exporter::Render() const {
  Collector own;
  own.Level("build_info", "Always 1; the label says which build runs.", {{"version", version_}}, 1);
  for (const Source* source : sources_) source->Visit(own);

  std::vector<MetricFamily> families;
  own.MoveInto(families);
  AddProcess(families);
  return prometheus::TextSerializer().prometheus::Serializer::Serialize(families);
}

}  // namespace sluice::metrics
