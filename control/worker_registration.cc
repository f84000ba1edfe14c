// SPDX-License-Identifier: Apache-2.0
#include "control/worker_registration.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control/status.h"
#include "control/values.h"
#include "gateway/hub/event_log.h"

namespace sluice::control {
namespace {

constexpr int kHeaderNamesMax = 100;

using SharedContext = std::shared_ptr<const hub::ContextSpec>;

absl::StatusOr<bool> IsProtected(int access) {
  if (access == v1::ACCESS_UNSPECIFIED || access == v1::ACCESS_PUBLIC) return false;
  if (access == v1::ACCESS_PROTECTED) return true;
  return Invalid("ACCESS_INVALID", "access", "no such access");
}

absl::StatusOr<hub::Role> ToRole(int role) {
  if (role == v1::ROLE_LOGIN) return hub::Role::kLogin;
  if (role == v1::ROLE_ADMISSION) return hub::Role::kAdmission;
  if (role == v1::ROLE_RAW) return hub::Role::kRaw;
  return Invalid("ROLE_INVALID", "roles", "no such role");
}

// The hub's order is the contract's.
absl::StatusOr<hub::GuardAction> ToGuardAction(int action) {
  static_assert(static_cast<int>(hub::GuardAction::kConnect) + 1 == v1::GUARD_ACTION_CONNECT);
  static_assert(hub::kGuardActionCount == v1::GUARD_ACTION_AUTHENTICATE);
  if (action != v1::GUARD_ACTION_UNSPECIFIED && v1::GuardAction_IsValid(action)) {
    return static_cast<hub::GuardAction>(action - 1);
  }
  return Invalid("ROLE_INVALID", "guards", "no such action");
}

absl::Status CheckName(const std::string& name, std::string_view field) {
  if (!IsName(name, kNameMax)) {
    return Invalid("NAME_INVALID", field, "a name has 1 to 255 bytes and no control characters");
  }
  // OpenRPC's way to ask what there is; the gateway has no answer to it, a worker may.
  bool reserved = absl::StartsWith(name, "rpc.") && name != "rpc.discover";
  if (reserved || name == "__listMethods") {
    return Invalid("NAME_RESERVED", field, "\"rpc.\" and \"__listMethods\" are the gateway's own");
  }
  return absl::OkStatus();
}

absl::Status TakeNames(int count, size_t& names_left) {
  if (static_cast<size_t>(count) <= names_left) {
    names_left -= static_cast<size_t>(count);
    return absl::OkStatus();
  }
  return Invalid("REGISTRATIONS_EXHAUSTED", "methods",
                 "too many names in one message (--worker-registrations-max)");
}

// Of a Register or a Deregister.
template <typename Proto>
int NamesIn(const Proto& proto) {
  return proto.methods_size() + proto.events_size() + proto.roles_size() + proto.guards_size();
}

absl::Status SetField(int field, hub::ContextSpec& spec, bool& headers) {
  switch (field) {
    case v1::CONTEXT_FIELD_CONNECTION:
      spec.connection = true;
      break;
    case v1::CONTEXT_FIELD_USER:
      spec.user = true;
      break;
    case v1::CONTEXT_FIELD_LABELS:
      spec.labels = true;
      break;
    case v1::CONTEXT_FIELD_NAMESPACE:
      spec.space = true;
      break;
    case v1::CONTEXT_FIELD_REMOTE_ADDRESS:
      spec.remote_address = true;
      break;
    case v1::CONTEXT_FIELD_HEADERS:
      headers = true;
      break;
    case v1::CONTEXT_FIELD_TARGET:
      spec.target = true;
      break;
    case v1::CONTEXT_FIELD_CLAIMS:
      spec.claims = true;
      break;
    case v1::CONTEXT_FIELD_SUBPROTOCOLS:
      spec.subprotocols = true;
      break;
    default:
      return Invalid("CONTEXT_INVALID", "context", "no such context field");
  }
  return absl::OkStatus();
}

absl::Status FillContextSpec(const v1::Register& proto, hub::ContextSpec& spec) {
  spec.msgpack = proto.msgpack();
  bool headers = false;
  for (int field : proto.context()) {
    auto status = SetField(field, spec, headers);
    if (!status.ok()) return status;
  }
  if (proto.header_names().size() > kHeaderNamesMax) {
    return Invalid("CONTEXT_INVALID", "header_names", "at most 100 headers");
  }
  for (const std::string& name : proto.header_names()) {
    if (!IsName(name, kNameMax)) {
      return Invalid("CONTEXT_INVALID", "header_names", "not a header's name");
    }
    if (headers) spec.headers.push_back(absl::AsciiStrToLower(name));
  }
  return absl::OkStatus();
}

// What was registered together shares this, for as long as any of it is offered; meanwhile its
// bytes are counted.
struct Shared final : hub::ContextSpec {
  explicit Shared(std::shared_ptr<RegisteredBytes> t) : total(std::move(t)) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { *total -= bytes; }

  const std::shared_ptr<RegisteredBytes> total;
  size_t bytes = 0;
};

absl::StatusOr<SharedContext> ToContext(const v1::Register& proto, const WorkerIdentity& worker,
                                        const Limits& limits) {
  // What an offer and the index of it take, the names apart.
  constexpr size_t kOfferBytes = 256;
  auto shared = std::make_shared<Shared>(worker.registered);
  auto status = FillContextSpec(proto, *shared);
  if (!status.ok()) return status;
  size_t bytes = proto.ByteSizeLong() + kOfferBytes * static_cast<size_t>(NamesIn(proto));
  shared->bytes = bytes;
  if (worker.registered->fetch_add(bytes) + bytes > limits.registration_bytes) {
    return Invalid("REGISTRATIONS_EXHAUSTED", "",
                   "the registrations of all workers take too much (--registration-bytes)");
  }
  return shared;
}

absl::StatusOr<hub::SharedOffer> ToOffer(const std::string& space, const v1::Method& method,
                                         const WorkerIdentity& worker, const SharedContext& context,
                                         const Limits& limits) {
  auto status = CheckName(method.name(), "methods.name");
  if (!status.ok()) return status;
  auto is_protected = IsProtected(method.access());
  if (!is_protected.ok()) return is_protected.status();
  auto offer = std::make_shared<hub::Offer>();
  if (method.has_time_limit()) {
    auto limit = ToDuration(method.time_limit());
    if (!limit || *limit <= absl::ZeroDuration() || *limit > limits.method_time_limit_max) {
      return Invalid("TIME_LIMIT_INVALID", "methods.time_limit",
                     absl::StrCat("a time limit is more than zero and at most ",
                                  absl::FormatDuration(limits.method_time_limit_max),
                                  " (--method-time-limit-max)"));
    }
    offer->time_limit = *limit;
  }
  offer->worker = worker.id;
  offer->worker_name = worker.name;
  offer->link = worker.link;
  offer->elsewhere = worker.elsewhere;
  offer->method = method.name();
  offer->is_protected = *is_protected;
  offer->in_flight_max = method.in_flight_max();
  offer->in_flight = worker.in_flight->Of(space, method.name());
  offer->context = context;
  return offer;
}

std::shared_ptr<hub::Offer> RoleOffer(hub::Role role, const WorkerIdentity& worker,
                                      const SharedContext& context) {
  auto offer = std::make_shared<hub::Offer>();
  offer->worker = worker.id;
  offer->worker_name = worker.name;
  offer->link = worker.link;
  offer->elsewhere = worker.elsewhere;
  offer->role = role;
  offer->context = context;
  return offer;
}

absl::Status AddRoles(const v1::Register& proto, const WorkerIdentity& worker,
                      const SharedContext& context, hub::Registration& result) {
  for (int value : proto.roles()) {
    auto role = ToRole(value);
    if (!role.ok()) return role.status();
    result.offers.push_back(RoleOffer(*role, worker, context));
  }
  for (int value : proto.guards()) {
    auto action = ToGuardAction(value);
    if (!action.ok()) return action.status();
    auto offer = RoleOffer(hub::Role::kGuard, worker, context);
    offer->action = *action;
    result.offers.push_back(std::move(offer));
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<hub::InFlight> InFlightCounts::Of(const std::string& space,
                                                  const std::string& method) {
  if (counts_.size() >= tidy_at_) {
    absl::erase_if(counts_, [](const auto& count) { return count.second.expired(); });
    tidy_at_ = 2 * counts_.size() + 16;
  }
  std::weak_ptr<hub::InFlight>& kept = counts_[{space, method}];
  std::shared_ptr<hub::InFlight> count = kept.lock();
  if (!count) kept = count = std::make_shared<hub::InFlight>(0);
  return count;
}

absl::StatusOr<hub::Registration> ToRegistration(const v1::Register& proto,
                                                 const WorkerIdentity& worker, const Limits& limits,
                                                 size_t& names_left) {
  auto status = CheckNamespace(proto.namespace_(), "namespace");
  if (status.ok()) status = TakeNames(NamesIn(proto), names_left);
  if (!status.ok()) return status;
  auto context = ToContext(proto, worker, limits);
  if (!context.ok()) return context.status();

  hub::Registration result;
  result.space = proto.namespace_();
  result.elsewhere = worker.elsewhere;
  for (const v1::Method& method : proto.methods()) {
    auto offer = ToOffer(proto.namespace_(), method, worker, *context, limits);
    if (!offer.ok()) return offer.status();
    result.offers.push_back(*std::move(offer));
  }
  for (const v1::Event& event : proto.events()) {
    status = CheckName(event.name(), "events.name");
    if (!status.ok()) return status;
    auto is_protected = IsProtected(event.access());
    if (!is_protected.ok()) return is_protected.status();
    result.events.push_back({event.name(), *is_protected, worker.id, worker.name});
  }
  status = AddRoles(proto, worker, *context, result);
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<hub::Deregistration> ToDeregistration(const v1::Deregister& proto,
                                                     hub::WorkerId worker, size_t& names_left) {
  auto status = CheckNamespace(proto.namespace_(), "namespace");
  int count = NamesIn(proto);
  if (status.ok()) status = TakeNames(count, names_left);
  if (!status.ok()) return status;
  hub::Deregistration result;
  result.worker = worker;
  result.space = proto.namespace_();
  result.everything = count == 0;
  result.methods = {proto.methods().begin(), proto.methods().end()};
  result.events = {proto.events().begin(), proto.events().end()};
  for (int value : proto.roles()) {
    auto role = ToRole(value);
    if (!role.ok()) return role.status();
    result.roles.push_back(*role);
  }
  for (int value : proto.guards()) {
    auto action = ToGuardAction(value);
    if (!action.ok()) return action.status();
    result.guards.push_back(*action);
  }
  return result;
}

}  // namespace sluice::control
