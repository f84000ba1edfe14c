// SPDX-License-Identifier: Apache-2.0
#include "gateway/hub/answers.h"

#include <algorithm>
#include <utility>

#include "gateway/hub/bounds.h"
#include "gateway/hub/delivery.h"
#include "gateway/hub/namespace.h"
#include "gateway/hub/probe.h"
#include "gateway/hub/sessions.h"

namespace sluice::hub {

struct Answers::Batch {
  Batch(Key k, SessionKey s, absl::InlinedVector<Command, 1> c)
      : key(k), session(s), commands(std::move(c)) {}
  const Key key;
  const SessionKey session;
  absl::InlinedVector<Command, 1> commands;
  size_t next = 0;
  bool waiting = false;  // for the answer of commands[next - 1]
  bool running = false;  // Run is on the stack
  std::vector<std::string> answers;
  size_t bytes = 0;  // of the answers
};

Answers::Answers(uint32_t shard, Sessions& sessions, Delivery& delivery, CommandSink& sink,
                 ShardProbe& probe)
    : sessions_(sessions), delivery_(delivery), sink_(sink), probe_(probe), batches_(shard) {}

Answers::~Answers() = default;

// --- Batches -------------------------------------------------------------------------------------

void Answers::BeginBatch(Session& session, absl::InlinedVector<Command, 1> commands, Now now) {
  Batch& batch = batches_.Emplace(session.key, std::move(commands));
  session.under_way.batches.push_front(batch.key);
  Run(batch, now);
}

void Answers::Run(Batch& batch, Now now) {
  if (batch.running) return;  // an answer came while the command was being carried out
  batch.running = true;
  Key key = batch.key;
  while (!batch.waiting && batch.next < batch.commands.size()) {
    batch.waiting = true;
    Session& session = *sessions_.Find(batch.session);
    sink_.Process(session, std::move(batch.commands[batch.next++]), key, now);
    if (!batches_.Find(key)) return;  // that closed the connection
  }
  batch.running = false;
  if (!batch.waiting) End(batch, now);
}

void Answers::End(Batch& batch, Now now) {
  Session& session = *sessions_.Find(batch.session);
  std::vector<std::string> answers = std::move(batch.answers);
  std::erase(session.under_way.batches, batch.key);
  batches_.Erase(batch.key);
  if (!answers.empty()) delivery_.Say(session, session.dialect->EncodeBatch(answers), now);
}

void Answers::Forget(Session& session) {
  for (Key batch : session.under_way.batches) batches_.Erase(batch);
  session.under_way.batches.clear();
}

// --- Answers -------------------------------------------------------------------------------------

void Answers::Succeed(Session& session, const Question& question, const Payload& result, Now now) {
  const Correlation& correlation = question.correlation;
  if (!correlation.answer) return Finish(session, question.batch, std::nullopt, now);
  Reply(session, question, session.dialect->EncodeResult(correlation, result), now);
}

// Whoever made it too large is not the client, which waits for an answer.
void Answers::Reply(Session& session, const Question& question, std::string text, Now now) {
  if (Fits(session, question.batch, text.size())) {
    return Finish(session, question.batch, std::move(text), now);
  }
  probe_.drops[static_cast<size_t>(DropReason::kTooLarge)].Add();
  Fail(session, question, Fault::kMessageTooLarge, now);
}

void Answers::Fail(Session& session, const Question& question, const CallError& error, Now now) {
  probe_.faults[static_cast<size_t>(error.fault)].Add();
  const Correlation& correlation = question.correlation;
  if (!correlation.answer) return Finish(session, question.batch, std::nullopt, now);
  std::string text = session.dialect->EncodeError(correlation, error);
  bool fits = Fits(session, question.batch, text.size());
  if (!fits && error.fault != Fault::kMessageTooLarge) {
    return Fail(session, question, Fault::kMessageTooLarge, now);
  }
  Finish(session, question.batch, std::move(text), now);
}

// All answers of a batch are one message; there must be room for an error for each that is left.
bool Answers::Fits(const Session& session, Key key, size_t answer) const {
  if (!Delivery::Fits(session, answer)) return false;
  const Batch* batch = batches_.Find(key);
  if (!batch) return true;
  size_t left = (batch->commands.size() - batch->next) * kErrorBytes;
  size_t half = session.space->policy.delivery.outbox_bytes / 2;
  return Delivery::Fits(session,
                        batch->bytes + batch->answers.size() + answer + std::min(left, half));
}

void Answers::Finish(Session& session, Key key, std::optional<std::string> text, Now now) {
  bool says = text && !text->empty();
  if (!key) {
    if (says) delivery_.Say(session, *text, now);
    return;
  }
  Batch* batch = batches_.Find(key);
  if (!batch) return;
  batch->waiting = false;
  if (says) {
    batch->bytes += text->size();
    batch->answers.push_back(std::move(*text));
  }
  Run(*batch, now);
}

}  // namespace sluice::hub
