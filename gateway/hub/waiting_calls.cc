// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/waiting_calls.h"

#include <iterator>

namespace sluice::hub {

WaitingCalls::WaitingCalls() = default;
WaitingCalls::~WaitingCalls() = default;

CallKey WaitingCalls::Next() const { return lines_.find(turns_.front())->second.calls.front(); }

WaitingCalls::Line& WaitingCalls::LineOf(SessionKey session) {
  auto [found, inserted] = lines_.try_emplace(session);
  if (inserted) found->second.turn = turns_.insert(turns_.end(), session);
  return found->second;
}

void WaitingCalls::Resize(SessionKey session, size_t before, size_t after) {
  if (before > 0) by_length_.erase({before, session.value});
  if (after > 0) by_length_.emplace(after, session.value);
  size_ = size_ - before + after;
}

WaitingCalls::Place WaitingCalls::Add(SessionKey session, CallKey call) {
  Line& line = LineOf(session);
  line.calls.push_back(call);
  Resize(session, line.calls.size() - 1, line.calls.size());
  return std::prev(line.calls.end());
}

WaitingCalls::Place WaitingCalls::PutBack(SessionKey session, CallKey call) {
  Line& line = LineOf(session);
  line.calls.push_front(call);
  Resize(session, line.calls.size() - 1, line.calls.size());
  turns_.splice(turns_.begin(), turns_, line.turn);
  return line.calls.begin();
}

void WaitingCalls::TakeNext() {
  auto line = lines_.find(turns_.front());
  turns_.splice(turns_.end(), turns_, line->second.turn);
  RemoveFrom(line, line->second.calls.begin());
}

void WaitingCalls::Remove(SessionKey session, Place place) {
  RemoveFrom(lines_.find(session), place);
}

void WaitingCalls::RemoveFrom(Lines::iterator line, Place place) {
  std::list<CallKey>& calls = line->second.calls;
  Resize(line->first, calls.size(), calls.size() - 1);
  calls.erase(place);
  if (!calls.empty()) return;
  turns_.erase(line->second.turn);
  lines_.erase(line);
}

std::optional<CallKey> WaitingCalls::WhoYieldsTo(SessionKey session) const {
  if (empty()) return std::nullopt;
  auto own = lines_.find(session);
  const size_t length = own == lines_.end() ? 0 : own->second.calls.size();
  const auto& [longest, holder] = *by_length_.rbegin();
  if (longest <= length + 1) return std::nullopt;
  return lines_.find(SessionKey{holder})->second.calls.back();
}

std::vector<CallKey> WaitingCalls::All() const {
  std::vector<CallKey> all;
  all.reserve(size_);
  for (SessionKey session : turns_) {
    const std::list<CallKey>& calls = lines_.find(session)->second.calls;
    all.insert(all.end(), calls.begin(), calls.end());
  }
  return all;
}

}  // namespace sluice::hub
