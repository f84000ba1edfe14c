// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/commands.h"

#include <string_view>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"
#include "storage/redis/slots.h"

namespace sluice::storage::redis {
namespace {

constexpr int kMovesMax = 8;        // of one command from server to server
constexpr double kPauseMinMs = 20;  // before the next try
constexpr double kPauseMaxMs = 60;

bool PassesByItself(std::string_view code) {
  return code == "TRYAGAIN" || code == "CLUSTERDOWN" || code == "LOADING" || code == "MASTERDOWN";
}

// What a command that waits takes, about.
size_t BytesOf(const Args& args) {
  size_t bytes = 256;
  for (const std::string& arg : args) bytes += arg.size();
  return bytes;
}

}  // namespace

void Commands::Run(uint16_t slot, Args args, const Script* script, Done done) {
  auto command = std::make_unique<Command>();
  command->slot = slot;
  command->args = std::move(args);
  command->script = script;
  command->done = std::move(done);
  command->deadline = context_.loop.Now() + context_.options.command_timeout;
  running_ = true;
  Try(std::move(command));
  running_ = false;
}

void Commands::Try(CommandPtr command) {
  std::optional<Address> ask = std::exchange(command->ask, std::nullopt);
  Server* server = ask ? router_.At(*ask) : router_.Owner(command->slot);
  Connection* connection = server == nullptr ? nullptr : server->commands();
  if (connection == nullptr) {
    absl::Status trouble = server == nullptr
                               ? absl::UnavailableError("it is not known who serves the slot")
                               : server->trouble();
    router_.Doubt();
    command->ask = ask;
    if (router_.sharded()) return Later(std::move(command), trouble);
    return Finish(std::move(command), absl::UnavailableError(trouble.message()));
  }
  if (ask) {
    connection->Send({"ASKING"}, command->deadline, [](const absl::StatusOr<Reply>&) {});
  }
  Send(std::move(command), *server, *connection);
}

void Commands::Send(CommandPtr command, Server& server, Connection& connection) {
  Command& sent = *command;
  connection.Send(sent.args, sent.deadline,
                  [this, &server, command = std::move(command)](absl::StatusOr<Reply> r) mutable {
                    OnReply(std::move(command), server, std::move(r));
                  });
}

void Commands::OnReply(CommandPtr command, Server& server, absl::StatusOr<Reply> reply) {
  if (reply.ok() && reply->is_error()) return OnError(std::move(command), server, *reply);
  Finish(std::move(command), std::move(reply));
}

void Commands::OnError(CommandPtr command, Server& server, const Reply& error) {
  std::string_view code = error.code();
  if (code == "NOSCRIPT" && command->script != nullptr && server.commands() != nullptr) {
    command->args[0] = "EVAL";
    command->args[1] = command->script->text();
    command->script = nullptr;
    return Send(std::move(command), server, *server.commands());
  }
  if (code == "MOVED" || code == "ASK") return Redirect(std::move(command), server, error);
  if (router_.sharded() && PassesByItself(code)) {
    if (code == "CLUSTERDOWN") router_.Doubt();
    return Later(std::move(command), StatusOf(error));
  }
  Refuse(std::move(command), error);
  if (code == "READONLY") server.Reconnect(StatusOf(error));
}

void Commands::Refuse(CommandPtr command, const Reply& error) {
  context_.probe.errors.Add();
  refused_(command->args, StatusOf(error));
  Finish(std::move(command), StatusOf(error));
}

void Commands::Redirect(CommandPtr command, const Server& server, const Reply& error) {
  std::optional<Redirection> target = ParseRedirection(error);
  if (!target || !router_.sharded() || ++command->moves > kMovesMax) {
    return Refuse(std::move(command), error);
  }
  if (target->to.host.empty() && server.address() != nullptr) {
    target->to.host = server.address()->host;
  }
  context_.probe.retries.Add();
  if (error.code() == "ASK") {
    command->ask = target->to;
  } else {
    router_.Learn(target->slot, target->to);
  }
  Try(std::move(command));
}

void Commands::Later(CommandPtr command, absl::Status trouble) {
  size_t bytes = BytesOf(command->args);
  if (waiting_bytes_ + bytes > context_.options.queue_bytes) {
    context_.probe.queue_full.Add();
    return Finish(std::move(command), absl::ResourceExhaustedError(absl::StrCat(
                                          "too much waits for the cluster: ", trouble.message())));
  }
  waiting_bytes_ += bytes;
  command->trouble = std::move(trouble);
  command->again = context_.loop.Now() +
                   absl::Milliseconds(absl::Uniform(context_.random, kPauseMinMs, kPauseMaxMs));
  waiting_.push_back(std::move(command));
}

void Commands::Tick(Instant now) {
  std::list<CommandPtr> due = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  for (CommandPtr& command : due) {
    if (now >= command->deadline) {
      absl::Status trouble = command->trouble;
      Finish(std::move(command), absl::UnavailableError(trouble.message()));
    } else if (now < command->again) {
      waiting_bytes_ += BytesOf(command->args);
      waiting_.push_back(std::move(command));
    } else {
      context_.probe.retries.Add();
      Try(std::move(command));
    }
  }
}

void Commands::Stop() {
  for (CommandPtr& command : std::exchange(waiting_, {})) {
    Finish(std::move(command), absl::UnavailableError("the client stops"));
  }
}

// Never within the call that began it.
void Commands::Finish(CommandPtr command, absl::StatusOr<Reply> reply) {
  if (!running_) return command->done(std::move(reply));
  context_.loop.Post([done = std::move(command->done), reply = std::move(reply)](Now) mutable {
    done(std::move(reply));
  });
}

}  // namespace sluice::storage::redis
