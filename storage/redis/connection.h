// SPDX-License-Identifier: Apache-2.0
//
// One connection to one server: commands in a pipeline, answers in their order, and what Redis says
// unasked (messages, and subscriptions that it ends).
//
//  - Commands wait in a queue of --redis-queue-bytes until they are answered; what does not fit is
//    refused.
//  - Each has a deadline. What is answered later is dropped, so the order of answers holds.
//  - When idle it pings, when subscribed, too. Once it waits for an answer and hears nothing for
//    --redis-silence it closes: a stalled server is one that has failed.
//  - What is pending when it closes fails with UNAVAILABLE.
//
// It opens once and closes once; whoever owns it (link.h) replaces it. Loop thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/redis/protocol.h"
#include "storage/redis/reply.h"
#include "storage/redis/wire.h"
#include "storage/time.h"

namespace sluice::storage::redis {

class Connection final : private Wire::User {
 public:
  // An error that Redis answers is a reply. A status means that there is no answer:
  //   RESOURCE_EXHAUSTED  the queue is full: not sent (told within the call)
  //   DEADLINE_EXCEEDED   may have been carried out, or may be yet
  //   UNAVAILABLE         closed; may have been carried out
  using Done = absl::AnyInvocable<void(absl::StatusOr<Reply> reply)>;

  // None of these may destroy the connection. (A Tick of the owner may.)
  class User {
   public:
    virtual ~User() = default;
    virtual void OnOpen() = 0;
    // message and smessage; unsubscribe and sunsubscribe that nobody asked for.
    virtual void OnPush(Reply push) = 0;
    // Last. Everything pending has been told.
    virtual void OnClosed(const absl::Status& why) = 0;
  };

  // Begins to connect. `user` outlives this. `listening`: it is for subscriptions, so that some of
  // what comes is no answer.
  Connection(Context& context, const Address& address, bool listening, User& user);
  ~Connection() override;

  void Send(const Args& args, Instant deadline, Done done);

  // Once; what is pending fails with `why`, and the user is told. Then nothing happens any more.
  void Close(const absl::Status& why);
  bool closed() const { return wire_ == nullptr; }

  // Every few ms.
  void Tick(Instant now);

  const Address& address() const { return address_; }

 private:
  struct Pending {
    Done done;  // null: its deadline has passed
    Instant deadline;
    size_t bytes;
    std::string confirms;  // "unsubscribe CHANNEL": the push that is its answer
  };

  void OnOpen() override;
  void OnBytes(std::string_view bytes) override;
  void OnWritten() override;
  void OnBroken(absl::Status why) override { Close(why); }

  void Flush();
  void Take(Reply reply);
  bool IsPush(const Reply& reply) const;
  void Answer(Reply reply);
  void Expire(Instant now);
  bool IsSilent(Instant now) const;
  void Ping();
  void Count(int64_t bytes);

  Context& context_;
  const Address address_;
  const bool listening_;
  User& user_;
  std::unique_ptr<Wire> wire_;  // null: closed
  ReplyReader reader_;
  bool open_ = false;
  bool writing_ = false;
  std::string out_;  // encoded, waits for the write before
  std::deque<Pending> pending_;
  size_t pending_bytes_ = 0;
  Instant heard_;                              // the last bytes, or the first command that waits
  Instant next_deadline_ = Instant::Future();  // not after the first of those that wait
};

}  // namespace sluice::storage::redis
