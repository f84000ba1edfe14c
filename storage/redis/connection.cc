// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/connection.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {
namespace {

// What a command that waits takes besides its bytes, about.
constexpr size_t kPendingBytes = 128;

// What a command's answer looks like if Redis also says that unasked.
std::string Confirmation(const Args& args) {
  if (args.size() != 2) return {};
  std::string verb = absl::AsciiStrToLower(args[0]);
  if (verb != "unsubscribe" && verb != "sunsubscribe") return {};
  return absl::StrCat(verb, " ", args[1]);
}

}  // namespace

Connection::Connection(Context& context, const Address& address, bool listening, User& user)
    : context_(context),
      address_(address),
      listening_(listening),
      user_(user),
      wire_(std::make_unique<Wire>(context, address, static_cast<Wire::User&>(*this))),
      reader_(context.options.reply_bytes),
      heard_(context.loop.Now()) {}

Connection::~Connection() { Count(-static_cast<int64_t>(pending_bytes_)); }

void Connection::Count(int64_t bytes) {
  pending_bytes_ += bytes;
  context_.probe.queued_bytes.Add(bytes);
}

void Connection::Send(const Args& args, Instant deadline, Done done) {
  if (closed()) return done(absl::UnavailableError("the connection is closed"));
  size_t before = out_.size();
  AppendCommand(args, out_);
  size_t bytes = out_.size() - before + kPendingBytes;
  if (pending_bytes_ + bytes > context_.options.queue_bytes) {
    out_.resize(before);
    context_.probe.queue_full.Add();
    return done(absl::ResourceExhaustedError(
        absl::StrCat("the queue to Redis is full (", pending_bytes_, " bytes wait)")));
  }
  context_.probe.commands.Add();
  if (pending_.empty()) heard_ = context_.loop.Now();
  Count(static_cast<int64_t>(bytes));
  pending_.push_back({std::move(done), deadline, bytes, Confirmation(args)});
  next_deadline_ = std::min(next_deadline_, deadline);
  Flush();
}

// What comes while a write is under way travels together in the next one.
void Connection::Flush() {
  if (!open_ || writing_ || out_.empty() || closed()) return;
  writing_ = true;
  wire_->Write(std::exchange(out_, {}));
}

void Connection::OnOpen() {
  open_ = true;
  user_.OnOpen();
  Flush();
}

void Connection::OnWritten() {
  writing_ = false;
  Flush();
}

void Connection::OnBytes(std::string_view bytes) {
  heard_ = context_.loop.Now();
  reader_.Feed(bytes);
  while (!closed()) {
    absl::StatusOr<std::optional<Reply>> reply = reader_.Next();
    if (!reply.ok()) return Close(absl::UnavailableError(reply.status().message()));
    if (!reply->has_value()) return;
    Take(**std::move(reply));
  }
}

void Connection::Take(Reply reply) {
  if (IsPush(reply)) return user_.OnPush(std::move(reply));
  if (!pending_.empty()) return Answer(std::move(reply));
  // Before it closes, Redis may say why without being asked: too many clients, protected mode.
  Close(reply.is_error() ? absl::UnavailableError(reply.text)
                         : absl::UnavailableError("Redis answered what nobody asked"));
}

bool Connection::IsPush(const Reply& reply) const {
  if (!listening_ || reply.type != Reply::Type::kArray || reply.elements.size() != 3) return false;
  const std::string& kind = reply.elements[0].text;
  if (kind == "message" || kind == "smessage") return true;
  if (kind != "unsubscribe" && kind != "sunsubscribe") return false;
  return pending_.empty() ||
         pending_.front().confirms != absl::StrCat(kind, " ", reply.elements[1].text);
}

void Connection::Answer(Reply reply) {
  Pending first = std::move(pending_.front());
  pending_.pop_front();
  Count(-static_cast<int64_t>(first.bytes));
  if (first.done) first.done(std::move(reply));
}

void Connection::Close(const absl::Status& why) {
  if (closed()) return;
  wire_.reset();
  std::deque<Pending> left = std::exchange(pending_, {});
  Count(-static_cast<int64_t>(pending_bytes_));
  for (Pending& pending : left) {
    if (!pending.done) continue;
    context_.probe.lost.Add();
    pending.done(why);
  }
  user_.OnClosed(why);
}

void Connection::Tick(Instant now) {
  if (closed() || !open_) return;
  if (now >= next_deadline_) Expire(now);
  if (closed()) return;
  if (IsSilent(now)) {
    context_.probe.silent.Add();
    return Close(absl::UnavailableError(absl::StrCat(
        ToString(address_), " is silent for ", absl::FormatDuration(context_.options.silence))));
  }
  if (pending_.empty() && now - heard_ >= context_.options.ping_interval) Ping();
}

void Connection::Expire(Instant now) {
  std::vector<Done> expired;
  next_deadline_ = Instant::Future();
  for (Pending& pending : pending_) {
    if (!pending.done) continue;
    if (pending.deadline <= now) {
      expired.push_back(std::exchange(pending.done, nullptr));
    } else {
      next_deadline_ = std::min(next_deadline_, pending.deadline);
    }
  }
  for (Done& done : expired) {
    context_.probe.timeouts.Add();
    done(
        absl::DeadlineExceededError(absl::StrCat(ToString(address_), " has not answered in time")));
  }
}

bool Connection::IsSilent(Instant now) const {
  return !pending_.empty() && now - heard_ >= context_.options.silence;
}

// While it waits for the answer, no other is sent; the silence decides.
void Connection::Ping() {
  Send({"PING"}, Instant::Future(), [](const absl::StatusOr<Reply>&) {});
}

}  // namespace sluice::storage::redis
