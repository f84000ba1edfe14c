// SPDX-License-Identifier: Apache-2.0
//
// What a client says is carried out and answered.
#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/hub/bounds.h"
#include "gateway/hub/frame.h"
#include "gateway/hub/shard_impl.h"

namespace sluice::hub {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

template <typename... Kinds>
bool IsOneOf(const Verb& verb) {
  return (std::holds_alternative<Kinds>(verb) || ...);
}

// Nobody tells the client that it failed, or its library takes that for final.
bool CannotBeSaidAgain(const Command& command) {
  if (IsOneOf<CallMethod, Forward, hub::Publish, Relay, Renew>(command.verb)) {
    return !command.correlation.answer;
  }
  return IsOneOf<Subscribe, Unsubscribe, Authenticate, hub::Deauthenticate>(command.verb);
}

}  // namespace

// --- One message ---------------------------------------------------------------------------------

bool Shard::Impl::Receive(Session& session, std::string_view bytes, bool binary, Now now) {
  SessionKey key = session.key;
  if (!session.first_frame_seen) ChooseDialect(session, bytes, binary);
  probe.messages_in[session.dialect->id()].Add();
  Decoded decoded = session.dialect->Decode(session.dialect_state, bytes, binary, options.decode);
  if (decoded.batch) {
    Batch& batch = batches.Emplace(key, std::move(decoded.commands));
    session.batches.push_back(batch.key);
    RunBatch(batch, now);
  } else {
    for (Command& command : decoded.commands) {
      if (session.state == Session::State::kClosing) return false;
      Process(session, std::move(command), {}, now);
    }
  }
  return Reading(session);
}

void Shard::Impl::ChooseDialect(Session& session, std::string_view bytes, bool binary) {
  session.first_frame_seen = true;
  const Dialect& dialect = session.dialect->ForFirstFrame(binary, bytes);
  if (session.state == Session::State::kOpen) {
    probe.connections[session.dialect->id()].Add(-1);
    probe.connections[dialect.id()].Add(1);
  }
  session.dialect = &dialect;
}

void Shard::Impl::RunBatch(Batch& batch, Now now) {
  if (batch.running) return;  // an answer came while the command was being carried out
  batch.running = true;
  Key key = batch.key;
  while (!batch.waiting && batch.next < batch.commands.size()) {
    batch.waiting = true;
    Process(*sessions.Find(batch.session), std::move(batch.commands[batch.next++]), key, now);
    if (!batches.Find(key)) return;  // that closed the connection
  }
  batch.running = false;
  if (!batch.waiting) FinishBatch(batch, now);
}

void Shard::Impl::FinishBatch(Batch& batch, Now now) {
  Session& session = *sessions.Find(batch.session);
  std::vector<std::string> answers = std::move(batch.answers);
  std::erase(session.batches, batch.key);
  batches.Erase(batch.key);
  if (!answers.empty()) Deliver(session, session.dialect->EncodeBatch(answers), now);
}

// --- One command ---------------------------------------------------------------------------------

void Shard::Impl::Execute(Session& session, Command command, Key batch, Now now) {
  if (!SpendToken(session, command, now)) {
    if (session.commands.Exhausted(static_cast<double>(options.commands_burst))) {
      return CloseSession(session, CloseCause::kRateLimited, {}, now);
    }
    return Fail(session, command.correlation, batch, MakeError(Fault::kRateLimited), now);
  }
  Correlation& correlation = command.correlation;
  std::visit(
      Overloaded{
          [&](Ignore&) { Answered(session, batch, std::nullopt, now); },
          [&](CallMethod& call) {
            Call(session, std::move(correlation), batch, std::move(call), now);
          },
          [&](Login& login) {
            LogIn(session, std::move(correlation), batch, std::move(login), now);
          },
          [&](Subscribe& verb) { SubscribeTo(session, correlation, batch, verb, now); },
          [&](Unsubscribe& verb) { UnsubscribeFrom(session, correlation, batch, verb, now); },
          [&](ListMethods&) { TellMethods(session, correlation, batch, now); },
          [&](Answer& answer) { TakeAnswer(session, correlation, batch, std::move(answer), now); },
          [&](Greet& greet) { Greeted(session, std::move(correlation), std::move(greet), now); },
          [&](Authenticate& verb) { ShowToken(session, correlation, batch, verb, now); },
          [&](hub::Deauthenticate&) {
            BecomeNobody(session, now);
            Answered(session, batch, std::nullopt, now);
          },
          [&](Renew&) {
            session.liveness.Renew(now);
            Answered(session, batch, std::nullopt, now);
          },
          [&](hub::Publish& verb) { PublishIn(session, correlation, batch, std::move(verb), now); },
          [&](Relay& relay) {
            RelayToOthers(session, relay, now);
            Answered(session, batch, std::nullopt, now);
          },
          [&](Forward& verb) { Pass(session, correlation, batch, std::move(verb), now); },
          [&](Say& say) { Speak(session, batch, std::move(say), now); },
          [&](Malformed& malformed) { Fail(session, correlation, batch, malformed.error, now); },
          [&](Hopeless& hopeless) {
            CloseSession(session, CloseCause::kProtocol, std::move(hopeless.close), now);
          },
      },
      command.verb);
}

// An answer that was asked for costs nothing. Nor do subscriptions, as many as the connection may
// have at once: a client that comes back restores them all.
bool Shard::Impl::SpendToken(Session& session, const Command& command, Now now) {
  if (options.commands_per_second <= 0) return true;
  const auto* answer = std::get_if<Answer>(&command.verb);
  if (answer && asks.Awaits(session, answer->call)) return true;
  if (const auto* subscribe = std::get_if<Subscribe>(&command.verb)) {
    size_t channels = std::max<size_t>(subscribe->channels.size(), 1);
    if (channels <= session.free_channels) {
      session.free_channels -= channels;
      return true;
    }
  }
  return session.commands.Take(options.commands_per_second,
                               static_cast<double>(options.commands_burst), now);
}

// Too much of what a client can say again is answered with an error; the rest waits for its turn.
bool Shard::Impl::MustWait(Session& session, const Command& command, Now now) {
  if (options.commands_per_second <= 0 || session.state != Session::State::kOpen) return false;
  const auto* subscribe = std::get_if<Subscribe>(&command.verb);
  if (subscribe && subscribe->channels.size() <= session.free_channels) return false;
  if (!CannotBeSaidAgain(command)) return false;
  Duration wait = session.commands.Wait(options.commands_per_second,
                                        static_cast<double>(options.commands_burst), now);
  if (wait == absl::ZeroDuration()) return false;
  probe.waits.Add();
  session.waiting = true;
  session.turn = timers.Schedule(now + wait, TimerToken(kTurn, session.key));
  return true;
}

void Shard::Impl::OnTurn(Session& session, Now now) {
  session.waiting = false;
  session.turn = 0;
  SessionKey key = session.key;
  RunInbox(session, now);
  Session* left = OpenSession(key);
  if (left && Reading(*left)) left->socket->Resume();
  if (left) PartIfAtRest(*left);
}

void Shard::Impl::Answered(Session& session, Key batch_key, std::optional<std::string> answer,
                           Now now) {
  bool says = answer && !answer->empty();
  if (!batch_key) {
    if (says) Deliver(session, *answer, now);
    return;
  }
  Batch* batch = batches.Find(batch_key);
  if (!batch) return;
  batch->waiting = false;
  if (says) {
    batch->bytes += answer->size();
    batch->answers.push_back(std::move(*answer));
  }
  RunBatch(*batch, now);
}

void Shard::Impl::Succeed(Session& session, const Correlation& correlation, Key batch,
                          const Payload& result, Now now) {
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  Reply(session, correlation, batch, session.dialect->EncodeResult(correlation, result), now);
}

// Whoever made it too large is not the client, which waits for an answer.
void Shard::Impl::Reply(Session& session, const Correlation& correlation, Key batch,
                        std::string answer, Now now) {
  if (Fits(answer.size()) && FitsBatch(batch, answer.size())) {
    return Answered(session, batch, std::move(answer), now);
  }
  probe.drops[static_cast<size_t>(DropReason::kTooLarge)].Add();
  Fail(session, correlation, batch, MakeError(Fault::kMessageTooLarge), now);
}

// All answers of a batch are one message; there must be room for an error for each that is left.
bool Shard::Impl::FitsBatch(Key key, size_t answer) const {
  const Batch* batch = batches.Find(key);
  if (!batch) return true;
  size_t left = (batch->commands.size() - batch->next) * kErrorBytes;
  return Fits(batch->bytes + batch->answers.size() + answer +
              std::min(left, options.outbox_bytes / 2));
}

void Shard::Impl::Fail(Session& session, const Correlation& correlation, Key batch,
                       const CallError& error, Now now) {
  probe.faults[static_cast<size_t>(error.fault)].Add();
  if (!correlation.answer) return Answered(session, batch, std::nullopt, now);
  std::string text = session.dialect->EncodeError(correlation, error);
  bool fits = Fits(text.size()) && FitsBatch(batch, text.size());
  if (!fits && error.fault != Fault::kMessageTooLarge) {
    return Fail(session, correlation, batch, MakeError(Fault::kMessageTooLarge), now);
  }
  Answered(session, batch, std::move(text), now);
}

// --- Out -----------------------------------------------------------------------------------------

// Room is judged by what the socket does not take: whoever reads is not slow because much was said
// in one turn. What could never fit says nothing about the client.
std::optional<DropReason> Shard::Impl::RoomFor(Session& session, size_t bytes, Now now) {
  auto drop = [this](DropReason reason) {
    probe.drops[static_cast<size_t>(reason)].Add();
    return reason;
  };
  if (bytes > options.outbox_bytes) return drop(DropReason::kTooLarge);
  Outbox& outbox = session.socket->outbox();
  if (outbox.size() + bytes <= options.outbox_bytes) return std::nullopt;
  outbox.Relieve();
  if (outbox.size() + bytes <= options.outbox_bytes) return std::nullopt;
  CloseSession(session, CloseCause::kSlowConsumer, {}, now);
  return drop(DropReason::kSlowConsumer);
}

std::optional<DropReason> Shard::Impl::DeliverMessage(Session& session, const Message& message,
                                                      Now now) {
  const SharedFrame& frame = message.FrameFor(*session.dialect);
  return frame ? DeliverFrame(session, frame, now) : DropReason::kUnsupported;
}

std::optional<DropReason> Shard::Impl::DeliverFrame(Session& session, const SharedFrame& frame,
                                                    Now now) {
  if (auto drop = RoomFor(session, frame->size(), now)) return drop;
  Outbox& outbox = session.socket->outbox();
  outbox.Append(frame);
  probe.outbox_depth_bytes.Observe(static_cast<double>(outbox.size()));
  probe.messages_out[session.dialect->id()].Add();
  return std::nullopt;
}

std::optional<DropReason> Shard::Impl::Deliver(Session& session, std::string_view message,
                                               Now now) {
  if (auto drop = RoomFor(session, message.size() + kFrameHeaderMax, now)) return drop;
  session.socket->outbox().AppendFrame(session.dialect->binary(), message);
  probe.messages_out[session.dialect->id()].Add();
  return std::nullopt;
}

}  // namespace sluice::hub
