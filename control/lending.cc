// SPDX-License-Identifier: Apache-2.0
#include "control/lending.h"

#include <algorithm>
#include <utility>

#include "storage/executor.h"

namespace sluice::control {

void Lending::Begin(absl::AnyInvocable<void()> begun) {
  node_.home.Post([this, begun = std::move(begun)](Now now) mutable {
    now_ = now;
    borrower_.Begin(now, std::move(begun));
  });
}

void Lending::Tick(Now now) {
  now_ = now;
  lender_.Tick(now);
  borrower_.Tick(now);
}

void Lending::OnTold(const std::string& node, const std::string& payload) {
  internal::v1::LendingMail mail;
  if (!mail.ParseFromString(payload) || mail.to() != node_.epoch) {
    return probe_.lending_refused.Add();
  }
  const Peer peer{node, mail.from()};
  if (mail.has_wanted()) lender_.OnWanted(peer, mail.wanted().since());
  lender_.OnErrands(peer, mail, now_);
  borrower_.OnMail(peer, mail, now_);
}

bool Lending::OnSaid(const std::string& space, const std::string& node,
                     const std::string& payload) {
  if (space != kLendingSpace) return false;
  internal::v1::LendingNews news;
  if (!news.ParseFromString(payload)) {
    probe_.lending_refused.Add();
    return true;
  }
  const Peer peer{node, news.from()};
  const auto& known = news.known_nodes();
  if (news.all_wanted() && std::find(known.begin(), known.end(), node_.name) == known.end()) {
    lender_.OnWanted(peer, /*since=*/0);
  }
  borrower_.OnNews(peer, news, now_);
  return true;
}

void Lending::OnGap(const std::string& node) {
  lender_.OnGap();
  borrower_.OnGap(node);
}

void Lending::OnGone(const std::string& node) {
  lender_.OnGone(node);
  borrower_.OnGone(node);
}

}  // namespace sluice::control
