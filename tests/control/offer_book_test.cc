// SPDX-License-Identifier: Apache-2.0
#include "control/offer_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "control/offers_parts.h"

namespace sluice::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

hub::Registration Made(const v1::Register& proto) {
  hub::Registration made;
  for (const v1::Method& method : proto.methods()) {
    auto offer = std::make_shared<hub::Offer>();
    offer->method = method.name();
    made.offers.push_back(std::move(offer));
  }
  return made;
}

v1::Register Of(uint64_t id, const std::string& space, const std::vector<std::string>& methods) {
  v1::Register proto;
  proto.set_id(id);
  proto.set_namespace_(space);
  for (const std::string& name : methods) proto.add_methods()->set_name(name);
  return proto;
}

std::vector<std::string> MethodsOf(const OfferBook& book, uint64_t id) {
  std::vector<std::string> names;
  auto found = book.registers().find(id);
  if (found == book.registers().end()) return {"none"};
  for (const v1::Method& method : found->second.methods()) names.push_back(method.name());
  return names;
}

struct OfferBookTest : testing::Test {
  void Add(const v1::Register& proto) { book.Add(proto, Made(proto)); }
  OfferBook book;
};

TEST_F(OfferBookTest, WhatIsNamedAgainReplacesWhatWas) {
  Add(Of(1, "chat", {"a", "b"}));
  Add(Of(2, "chat", {"b"}));
  Add(Of(3, "other", {"a"}));
  EXPECT_THAT(MethodsOf(book, 1), ElementsAre("a"));
  EXPECT_THAT(MethodsOf(book, 2), ElementsAre("b"));
  Add(Of(4, "chat", {"a"}));
  EXPECT_THAT(MethodsOf(book, 1), ElementsAre("none"));
  EXPECT_THAT(MethodsOf(book, 3), ElementsAre("a"));
}

TEST_F(OfferBookTest, ByNameOrAsAWhole) {
  Add(Of(1, "chat", {"a", "b", "c"}));
  v1::Deregister named;
  named.set_namespace_("chat");
  named.add_methods("b");
  named.add_methods("unknown");
  book.Remove(named);
  EXPECT_THAT(MethodsOf(book, 1), ElementsAre("a", "c"));
  v1::Deregister all;
  all.set_namespace_("chat");
  book.Remove(all);
  EXPECT_TRUE(book.empty());
  book.Remove(all);
}

TEST_F(OfferBookTest, OffersOfItsNamespaceComeBeforeThoseOfAll) {
  Add(Of(1, "*", {"a", "b"}));
  Add(Of(2, "chat", {"a"}));
  EXPECT_EQ(book.Find("chat", {OfferName::kMethod, 0, "a"})->method, "a");
  EXPECT_NE(book.Find("chat", {OfferName::kMethod, 0, "a"}),
            book.Find("other", {OfferName::kMethod, 0, "a"}));
  EXPECT_NE(book.Find("chat", {OfferName::kMethod, 0, "b"}), nullptr);
  EXPECT_EQ(book.Find("chat", {OfferName::kMethod, 0, "c"}), nullptr);
  EXPECT_EQ(book.Find("chat", {OfferName::kRole, v1::ROLE_LOGIN}), nullptr);
}

TEST_F(OfferBookTest, EventsRolesAndGuardsAreNames) {
  v1::Register proto = Of(1, "chat", {});
  proto.add_events()->set_name("a");
  proto.add_roles(v1::ROLE_LOGIN);
  proto.add_guards(v1::GUARD_ACTION_CALL);
  Add(proto);
  EXPECT_EQ(NamesOf(book.registers().at(1)).size(), 3);
  v1::Deregister named;
  named.set_namespace_("chat");
  named.add_events("a");
  named.add_roles(v1::ROLE_LOGIN);
  named.add_guards(v1::GUARD_ACTION_CALL);
  book.Remove(named);
  EXPECT_TRUE(book.empty());
}

TEST_F(OfferBookTest, WhereAnotherHasLess) {
  Add(Of(1, "chat", {"a", "b"}));
  Add(Of(2, "other", {"a"}));
  OfferBook less;
  less.Add(Of(1, "chat", {"a"}), {});
  EXPECT_THAT(book.SpacesBeyond(less), ElementsAre("chat", "other"));
  EXPECT_THAT(less.SpacesBeyond(book), IsEmpty());
  EXPECT_THAT(book.SpacesBeyond(book), IsEmpty());
}

// --- Parts ---------------------------------------------------------------------------------------

TEST(OffersParts, AreWholeAgainOnceTheLastIsIn) {
  OffersParts parts(7, 400);
  for (uint64_t id = 1; id <= 3; ++id) {
    parts.SetAlive(id);
    parts.AddWorker(id, "w", 5);
    for (uint64_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(parts.AddRegister(Of(10 * id + i, "chat", {std::string(60, 'm')})));
    }
  }
  EXPECT_FALSE(parts.AddRegister(Of(99, "chat", {std::string(500, 'm')})));
  std::vector<internal::v1::Offers> sent = std::move(parts).Take();
  ASSERT_GT(sent.size(), 2);
  OffersAssembly assembly;
  for (size_t i = 0; i + 1 < sent.size(); ++i) {
    EXPECT_LE(sent[i].ByteSizeLong(), 400);
    EXPECT_FALSE(assembly.Take(sent[i], 10'000).has_value());
  }
  auto whole = assembly.Take(sent.back(), 10'000);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->version(), 7);
  EXPECT_THAT(whole->alive(), ElementsAre(1, 2, 3));
  int registers = 0;
  for (const auto& worker : whole->workers()) {
    EXPECT_EQ(worker.credit(), 5);
    registers += worker.registers_size();
  }
  EXPECT_EQ(registers, 9);
}

TEST(OffersParts, WithoutOneTheyAreNothing) {
  internal::v1::Offers first, second, last;
  second.set_index(1);
  last.set_index(2);
  last.set_last(true);
  OffersAssembly assembly;
  assembly.Take(first, 10'000);
  EXPECT_FALSE(assembly.Take(last, 10'000).has_value());
  assembly.Take(first, 10'000);
  assembly.Take(second, 10'000);
  EXPECT_TRUE(assembly.Take(last, 10'000).has_value());
  EXPECT_FALSE(assembly.Take(last, 10'000).has_value());
}

}  // namespace
}  // namespace sluice::control
