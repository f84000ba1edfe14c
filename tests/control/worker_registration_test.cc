// SPDX-License-Identifier: Apache-2.0
#include "control/worker_registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/status.h"

namespace sluice::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct RegistrationTest : testing::Test {
  RegistrationTest() { proto.set_namespace_("chat"); }
  absl::StatusOr<hub::Registration> Convert() {
    size_t names_left = limits.worker_registrations_max;
    return ToRegistration(proto, {7, "w", {}}, limits, names_left);
  }
  std::string Reason() { return ReasonOf(Convert().status()); }
  v1::Register proto;
  Limits limits;
};

TEST_F(RegistrationTest, MethodsBecomeOffers) {
  auto* method = proto.add_methods();
  method->set_name("sum");
  method->set_access(v1::ACCESS_PROTECTED);
  method->mutable_time_limit()->set_seconds(3);
  method->set_in_flight_max(5);
  proto.add_context(v1::CONTEXT_FIELD_USER);
  proto.add_context(v1::CONTEXT_FIELD_HEADERS);
  proto.add_header_names("X-Tenant");
  auto result = Convert();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->space, "chat");
  ASSERT_EQ(result->offers.size(), 1);
  const hub::Offer& offer = *result->offers[0];
  EXPECT_EQ(offer.worker, 7);
  EXPECT_EQ(offer.worker_name, "w");
  EXPECT_EQ(offer.role, hub::Role::kMethod);
  EXPECT_EQ(offer.method, "sum");
  EXPECT_TRUE(offer.is_protected);
  EXPECT_EQ(offer.time_limit, absl::Seconds(3));
  EXPECT_EQ(offer.in_flight_max, 5);
  EXPECT_TRUE(offer.context->user);
  EXPECT_FALSE(offer.context->connection);
  EXPECT_THAT(offer.context->headers, ElementsAre("x-tenant"));
}

TEST_F(RegistrationTest, HeadersOnlyIfTheFieldIsAskedFor) {
  proto.add_methods()->set_name("m");
  proto.add_header_names("x-tenant");
  EXPECT_THAT(Convert()->offers[0]->context->headers, IsEmpty());
}

TEST_F(RegistrationTest, RolesAndEvents) {
  proto.add_roles(v1::ROLE_LOGIN);
  proto.add_roles(v1::ROLE_ADMISSION);
  auto* event = proto.add_events();
  event->set_name("news");
  event->set_access(v1::ACCESS_PROTECTED);
  auto result = Convert();
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->offers.size(), 2);
  EXPECT_EQ(result->offers[0]->role, hub::Role::kLogin);
  EXPECT_EQ(result->offers[1]->role, hub::Role::kAdmission);
  ASSERT_EQ(result->events.size(), 1);
  EXPECT_EQ(result->events[0].name, "news");
  EXPECT_TRUE(result->events[0].is_protected);
}

TEST_F(RegistrationTest, RefusalsSayWhy) {
  proto.set_namespace_("");
  EXPECT_EQ(Reason(), "NAMESPACE_INVALID");
  proto.set_namespace_("*");
  EXPECT_EQ(Reason(), "");
  auto* method = proto.add_methods();
  EXPECT_EQ(Reason(), "NAME_INVALID");
  method->set_name("rpc.login");
  EXPECT_EQ(Reason(), "NAME_RESERVED");
  method->set_name("__listMethods");
  EXPECT_EQ(Reason(), "NAME_RESERVED");
  method->set_name("__list");
  EXPECT_EQ(Reason(), "");
  method->set_name("rpc.discover");
  EXPECT_EQ(Reason(), "");
  method->set_name("m");
  EXPECT_EQ(Reason(), "");
  method->set_access(static_cast<v1::Access>(9));
  EXPECT_EQ(Reason(), "ACCESS_INVALID");
  method->clear_access();
  proto.add_roles(v1::ROLE_UNSPECIFIED);
  EXPECT_EQ(Reason(), "ROLE_INVALID");
  proto.set_roles(0, static_cast<v1::Role>(9));
  EXPECT_EQ(Reason(), "ROLE_INVALID");
  proto.clear_roles();
  proto.add_context(v1::CONTEXT_FIELD_UNSPECIFIED);
  EXPECT_EQ(Reason(), "CONTEXT_INVALID");
  proto.clear_context();
  proto.add_header_names("");
  EXPECT_EQ(Reason(), "CONTEXT_INVALID");
  proto.clear_header_names();
  proto.add_events()->set_name("a\nb");
  EXPECT_EQ(Reason(), "NAME_INVALID");
}

TEST_F(RegistrationTest, TimeLimits) {
  limits.method_time_limit_max = absl::Seconds(60);
  auto* limit = proto.add_methods();
  limit->set_name("m");
  limit->mutable_time_limit()->set_seconds(60);
  EXPECT_EQ(Reason(), "");
  for (int64_t seconds : {int64_t{0}, int64_t{-1}, int64_t{61}, INT64_MAX}) {
    limit->mutable_time_limit()->set_seconds(seconds);
    EXPECT_EQ(Reason(), "TIME_LIMIT_INVALID") << seconds;
  }
}

TEST_F(RegistrationTest, NamesInOneMessageAreBounded) {
  limits.worker_registrations_max = 2;
  proto.add_methods()->set_name("a");
  proto.add_events()->set_name("b");
  EXPECT_EQ(Reason(), "");
  proto.add_roles(v1::ROLE_LOGIN);
  EXPECT_EQ(Reason(), "REGISTRATIONS_EXHAUSTED");
}

TEST(DeregistrationTest, EmptyListsAreEverything) {
  size_t names_left = 10;
  v1::Deregister proto;
  EXPECT_EQ(ReasonOf(ToDeregistration(proto, 7, names_left).status()), "NAMESPACE_INVALID");
  proto.set_namespace_("chat");
  auto all = ToDeregistration(proto, 7, names_left);
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->everything);
  EXPECT_EQ(all->worker, 7);
  proto.add_methods("m");
  proto.add_roles(v1::ROLE_LOGIN);
  auto some = ToDeregistration(proto, 7, names_left);
  ASSERT_TRUE(some.ok());
  EXPECT_FALSE(some->everything);
  EXPECT_THAT(some->methods, ElementsAre("m"));
  EXPECT_THAT(some->roles, ElementsAre(hub::Role::kLogin));
  proto.add_roles(v1::ROLE_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(ToDeregistration(proto, 7, names_left).status()), "ROLE_INVALID");
}

// 9,500 methods that are told 100 headers each hold these names once.
TEST_F(RegistrationTest, WhatMethodsShareIsShared) {
  proto.add_context(v1::CONTEXT_FIELD_HEADERS);
  for (int i = 0; i < 100; ++i) proto.add_header_names("x-" + std::to_string(i));
  for (int i = 0; i < 9500; ++i) proto.add_methods()->set_name("m" + std::to_string(i));
  auto result = Convert();
  ASSERT_TRUE(result.ok());
  for (const auto& offer : result->offers) {
    ASSERT_EQ(offer->context, result->offers[0]->context);
  }
}

TEST_F(RegistrationTest, ItsBytesAreBoundedWhileAnythingOfItIsOffered) {
  WorkerIdentity worker{7, "w", nullptr};
  Limits limits;
  limits.registration_bytes = 1500;
  for (const char* name : {"a", "b", "c"}) proto.add_methods()->set_name(name);
  size_t names_left = 100;
  auto first = ToRegistration(proto, worker, limits, names_left);
  ASSERT_TRUE(first.ok());
  const size_t bytes = worker.registered->load();
  EXPECT_GT(bytes, 750);
  EXPECT_EQ(ReasonOf(ToRegistration(proto, worker, limits, names_left).status()),
            "REGISTRATIONS_EXHAUSTED");
  EXPECT_EQ(worker.registered->load(), bytes) << "what is refused is not counted";
  hub::SharedOffer last = first->offers[2];
  *first = {};
  EXPECT_EQ(worker.registered->load(), bytes) << "one of them is still offered";
  last.reset();
  EXPECT_EQ(worker.registered->load(), 0);
  EXPECT_TRUE(ToRegistration(proto, worker, limits, names_left).ok());
}

// A method that is taken back and offered again has the calls that it had.
TEST_F(RegistrationTest, CallsInFlightOutliveTheOffer) {
  WorkerIdentity worker{7, "w", nullptr};
  proto.add_methods()->set_name("m");
  auto in_flight = [&](const std::string& space) {
    size_t names_left = 10;
    proto.set_namespace_(space);
    return ToRegistration(proto, worker, limits, names_left)->offers[0]->in_flight;
  };
  auto first = in_flight("chat");
  EXPECT_EQ(in_flight("chat"), first);
  EXPECT_NE(in_flight("news"), first);
  ++*first;
  EXPECT_EQ(*in_flight("chat"), 1);
  first.reset();
  EXPECT_EQ(*in_flight("chat"), 0) << "nobody has it any more";
  for (int i = 0; i < 1000; ++i) in_flight("space" + std::to_string(i));
  EXPECT_LT(worker.in_flight->size(), 100);
}

}  // namespace
}  // namespace sluice::control
