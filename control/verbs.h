// SPDX-License-Identifier: Apache-2.0
//
// The list of all verbs. A new one is its rpc in the .proto, a class (outcomes.h says of what
// shape), and its name in verb_names.h: that gives its handler, what other nodes ask for, and its
// metrics.
#pragma once

#include <string_view>

#include "control/answer_verbs.h"
#include "control/drain_verbs.h"
#include "control/drains_verb.h"
#include "control/fetch_events_verb.h"
#include "control/holder_verbs.h"
#include "control/listings.h"
#include "control/nodes_verb.h"
#include "control/outcomes.h"
#include "control/queries.h"
#include "control/token_verb.h"
#include "control/verb_names.h"

namespace sluice::control {

template <typename... Verbs>
struct VerbList {
  // Calls `visit` with the verb whose request has that full name; false if there is none.
  template <typename Visit>
  static bool Find(std::string_view request, Visit visit) {
    return ((Verbs::Request::descriptor()->full_name() == request &&
             (visit.template operator()<Verbs>(), true)) ||
            ...);
  }
};

// What one node may ask of another: those, the parts that Call, StartDrain and WatchEvents are made
// of, and what the hub wants to know.
#define SLUICE_VERB_TYPE(Name, Response) Name##Verb,
using AllVerbs =
    VerbList<SLUICE_VERBS(SLUICE_VERB_TYPE) BeginCallVerb, FetchAnswersVerb, ForgetCallVerb,
             SelectDrainVerb, BeginDrainVerb, FetchEventsVerb, DisplaceVerb, ProbeHolderVerb>;
#undef SLUICE_VERB_TYPE

}  // namespace sluice::control
