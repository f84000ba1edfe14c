// SPDX-License-Identifier: Apache-2.0
//
// Any bytes that protobuf takes for a request are either refused with a reason or become what the
// hub may rely on.
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "control/body.h"
#include "control/page.h"
#include "control/selector.h"
#include "control/status.h"
#include "control/values.h"
#include "sluice/v1/control.pb.h"

namespace sluice::control {
namespace {

void Must(bool holds) {
  if (!holds) std::abort();
}

void CheckRefusal(const absl::Status& status) {
  Must(!status.ok());
  Must(!ReasonOf(status).empty());
  Must(!FieldOf(status).empty());
}

void CheckSelector(const v1::Selector& proto, const Limits& limits) {
  auto selector = ToSelector(proto, "node", limits);
  if (!selector.ok()) return CheckRefusal(selector.status());
  Must(IsName(selector->space, kNameMax));
  Must(selector->sample_percent <= 100);
  for (const auto* list : {&selector->connections, &selector->users, &selector->channels}) {
    Must(list->size() <= limits.selector_ids_max);
    Must(std::set<std::string>(list->begin(), list->end()).size() == list->size());
  }
  Must(Fingerprint(proto) == Fingerprint(v1::Selector(proto)));
  (void)IsWholeNamespace(proto);
}

void CheckBody(const v1::Body& proto, const Limits& limits) {
  const BodyBound bound = SendBound(limits);
  auto payload = ToPayload(proto, "body", bound);
  if (!payload.ok()) return CheckRefusal(payload.status());
  v1::Body back;
  FillBody(*payload, &back);
  auto again = ToPayload(back, "body", bound);
  Must(again.ok() && *again == *payload);
}

void CheckPage(const v1::ListConnectionsRequest& request) {
  uint64_t fingerprint = Fingerprint(request.selector());
  auto page = ToPage(request.page_size(), request.page_token(), fingerprint);
  if (!page.ok()) return CheckRefusal(page.status());
  Must(page->size >= 1 && page->size <= 1000);
  if (page->after.empty()) return;
  auto again = ToPage(0, MakePageToken(page->after, fingerprint), fingerprint);
  Must(again.ok() && again->after == page->after);
}

}  // namespace

int Fuzz(const std::string& bytes) {
  Limits limits;
  limits.selector_ids_max = 8;
  limits.send_bytes_max = 512;
  limits.depth_max = 4;
  v1::Selector selector;
  if (selector.ParseFromString(bytes)) CheckSelector(selector, limits);
  v1::Body body;
  if (body.ParseFromString(bytes)) CheckBody(body, limits);
  v1::ListConnectionsRequest list;
  if (list.ParseFromString(bytes)) CheckPage(list);
  (void)IsJson(bytes, limits.depth_max);
  return 0;
}

}  // namespace sluice::control

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Protobuf logs each string that is no UTF-8.
  static const google::protobuf::LogSilencer silent;
  return sluice::control::Fuzz(std::string(reinterpret_cast<const char*>(data), size));
}
