// SPDX-License-Identifier: Apache-2.0
#include "control/offers_parts.h"

#include <utility>

#include "text/utf8.h"

namespace sluice::control {
namespace {

using internal::v1::Offers;

constexpr size_t kEntryBytes = 64;     // what an entry is besides its contents
constexpr size_t kWorkerIdBytes = 11;  // a varint of 64 bits, and its share of a tag

}  // namespace

OffersParts::OffersParts(uint64_t version, size_t bytes_max)
    : version_(version), bytes_max_(bytes_max) {
  parts_.emplace_back();
}

Offers& OffersParts::Open(size_t bytes) {
  bytes += kEntryBytes;
  if (bytes_ > 0 && bytes_ + bytes > bytes_max_) {
    parts_.emplace_back();
    bytes_ = 0;
  }
  bytes_ += bytes;
  return parts_.back();
}

void OffersParts::Forget(uint64_t version, uint64_t worker, const v1::Deregister& what) {
  Offers::Forgotten& forgotten = *Open(what.ByteSizeLong()).add_forgotten();
  forgotten.set_version(version);
  forgotten.set_worker(worker);
  *forgotten.mutable_what() = what;
}

// One that does not fit came in no part, or was none that fits any node.
void OffersParts::AddLeftBehind(const v1::Register& proto) {
  const size_t bytes = proto.ByteSizeLong() + kEntryBytes;
  if (bytes <= bytes_max_) *Open(bytes).add_left_behind() = proto;
}

void OffersParts::AddWorker(uint64_t id, const std::string& name, uint32_t credit) {
  worker_.set_id(id);
  worker_.set_name(text::ToUtf8(name));
  worker_.set_credit(credit);
}

bool OffersParts::AddRegister(const v1::Register& proto) {
  const size_t bytes = proto.ByteSizeLong() + worker_.name().size() + kEntryBytes;
  if (bytes > bytes_max_) return false;
  Offers& part = Open(bytes);
  const bool begun = !part.workers().empty() && part.workers().rbegin()->id() == worker_.id();
  Offers::Worker& worker = begun ? *part.mutable_workers()->rbegin() : *part.add_workers();
  if (!begun) worker = worker_;
  *worker.add_registers() = proto;
  return true;
}

std::vector<Offers> OffersParts::Take() && {
  Offers& last = Open(alive_.size() * kWorkerIdBytes);
  last.mutable_alive()->Add(alive_.begin(), alive_.end());
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].set_version(version_);
    parts_[i].set_index(static_cast<uint32_t>(i));
    parts_[i].set_last(i + 1 == parts_.size());
  }
  return std::move(parts_);
}

std::optional<Offers> OffersAssembly::Take(Offers part, size_t bytes_max) {
  const bool first = part.index() == 0;
  const bool follows = part.index() == next_ && part.version() == whole_.version();
  if (first || !follows) {
    whole_.Clear();
    bytes_ = 0;
    next_ = 0;
  }
  bytes_ += part.ByteSizeLong();
  if ((!first && !follows) || bytes_ > bytes_max) {
    whole_.Clear();
    next_ = 0;
    return std::nullopt;
  }
  next_ = part.index() + 1;
  const bool last = part.last();
  whole_.set_version(part.version());
  whole_.MergeFrom(part);
  if (!last) return std::nullopt;
  next_ = 0;
  return std::exchange(whole_, {});
}

}  // namespace sluice::control
