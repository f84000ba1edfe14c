// SPDX-License-Identifier: Apache-2.0
//
// Answers to what clients say. The answers to a batch wait for one another and leave as one
// message; its commands are carried out one after the other, each when the one before is answered.
// Single-threaded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "gateway/hub/command.h"
#include "gateway/hub/fault.h"
#include "gateway/hub/slab.h"
#include "gateway/hub/types.h"

namespace sluice::hub {

class Delivery;
class Sessions;
struct Session;
struct ShardProbe;

// Who carries commands out, behind those that wait already.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual void Process(Session& session, Command&& command, Key batch, Now now) = 0;
};

class Answers {
 public:
  // What is given outlives this.
  Answers(uint32_t shard, Sessions& sessions, Delivery& delivery, CommandSink& sink,
          ShardProbe& probe);
  ~Answers();

  void BeginBatch(Session& session, absl::InlinedVector<Command, 1> commands, Now now);
  // The session leaves.
  void Forget(Session& session);

  // Each question ends in one of these, once; whether the client hears of it is the question's.
  void Succeed(Session& session, const Question& question, const Payload& result, Now now);
  void Fail(Session& session, const Question& question, const CallError& error, Now now);
  void Fail(Session& session, const Question& question, Fault fault, Now now) {
    Fail(session, question, MakeError(fault), now);
  }
  // An answer that the dialect has made; an error is said in its place if it is too large.
  void Reply(Session& session, const Question& question, std::string text, Now now);
  // The same without that check; nothing, or an empty text: there is no answer.
  void Finish(Session& session, Key batch, std::optional<std::string> text, Now now);

 private:
  struct Batch;
  void Run(Batch& batch, Now now);
  void End(Batch& batch, Now now);
  bool Fits(const Session& session, Key batch, size_t answer) const;

  Sessions& sessions_;
  Delivery& delivery_;
  CommandSink& sink_;
  ShardProbe& probe_;
  Slab<Batch> batches_;
};

}  // namespace sluice::hub
