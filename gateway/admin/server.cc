// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/server.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "gateway/admin/door.h"
#include "gateway/edge/address.h"

namespace sluice::admin {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = boost::asio::ip::tcp;
using Error = boost::system::error_code;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

// Beast's complaint about what came, as opposed to nothing having come.
bool IsMalformed(Error error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

struct Server::Shared {
  Options options;
  Pages pages;
  std::shared_ptr<Door> door;  // by which pages answer
  // By age. Each keeps itself alive by its pending handler.
  std::map<uint64_t, Session*> sessions = {};
  uint64_t next_number = 1;
  Probe& probe;
};

// One connection: a request, its page, an answer, the end. The handler that is pending owns it; the
// completion that its page holds does not.
class Server::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, std::string peer, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)),
        page_timer_(stream_.get_executor()),
        peer_(std::move(peer)),
        shared_(std::move(shared)),
        number_(shared_->next_number++) {
    shared_->sessions.emplace(number_, this);
    parser_.header_limit(static_cast<uint32_t>(shared_->options.header_bytes));
    parser_.body_limit(0);
  }
  ~Session() { shared_->sessions.erase(number_); }

  const std::string& peer() const { return peer_; }

  void Start() {
    stream_.expires_after(timeout());
    http::async_read_header(
        stream_, buffer_, parser_,
        [self = shared_from_this()](Error error, size_t) { self->OnRequest(error); });
  }
  // It counts no more.
  void Cut() {
    shared_->sessions.erase(number_);
    waiting_ = false;
    page_timer_.cancel();
    stream_.close();
  }

 private:
  std::chrono::milliseconds timeout() const {
    return absl::ToChronoMilliseconds(shared_->options.timeout);
  }

  void OnRequest(Error error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      shared_->probe.too_large.Add();
      return Send({.status = 431, .body = "too many bytes of headers\n"});
    }
    if (IsMalformed(error)) {
      shared_->probe.malformed.Add();
      return Send({.status = 400, .body = "no correct HTTP request\n"});
    }
    if (error == beast::error::timeout) shared_->probe.too_slow.Add();
    if (error) return;
    shared_->probe.requests.Add();
    const auto& request = parser_.get();
    head_ = request.method() == http::verb::head;
    AwaitPage();
    Ask(shared_->pages, {std::string(request.method_string()), std::string(request.target())},
        MakeCompletion());
  }

  void AwaitPage() {
    waiting_ = true;
    page_timer_.expires_after(timeout());
    page_timer_.async_wait([self = shared_from_this()](Error error) {
      if (!error) self->OnPage(std::nullopt);
    });
  }

  Completion MakeCompletion() {
    return Completion(
        [door = shared_->door, weak = weak_from_this()](std::optional<Answer> answer) {
          door->Post([weak, answer = std::move(answer)](Now) mutable {
            if (std::shared_ptr<Session> self = weak.lock()) self->OnPage(std::move(answer));
          });
        });
  }

  // Nothing: there is no answer, or none in time.
  void OnPage(std::optional<Answer> answer) {
    if (!std::exchange(waiting_, false)) return;
    page_timer_.cancel();
    if (answer) return Send(*std::move(answer));
    shared_->probe.unanswered.Add();
    Send({.status = 503, .body = "this page did not answer\n"});
  }

  void Send(Answer answer) {
    stream_.expires_after(timeout());
    response_.emplace(static_cast<http::status>(answer.status), 11);
    response_->set(http::field::server, "sluice");
    response_->set(http::field::content_type, answer.type);
    if (answer.status == 405) response_->set(http::field::allow, "GET, HEAD");
    response_->keep_alive(false);
    response_->content_length(answer.body.size());
    if (!head_) response_->body() = std::move(answer.body);
    http::async_write(stream_, *response_, [self = shared_from_this()](Error error, size_t) {
      if (!error) self->Linger();
    });
  }

  // Until the client has read the answer and closes, or the deadline.
  void Linger() {
    Error ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    Discard();
  }
  void Discard() {
    stream_.async_read_some(boost::asio::buffer(nowhere_),
                            [self = shared_from_this()](Error error, size_t) {
                              if (!error) self->Discard();
                            });
  }

  beast::tcp_stream stream_;
  boost::asio::steady_timer page_timer_;
  const std::string peer_;  // its address
  std::shared_ptr<Shared> shared_;
  const uint64_t number_;
  bool waiting_ = false;  // for its page
  bool head_ = false;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  std::optional<http::response<http::string_body>> response_;
  char nowhere_[512];
};

Server::Server(boost::asio::io_context& context, storage::Executor& executor,
               const Options& options, Pages pages, Probe& probe)
    : shared_(new Shared{.options = options,
                         .pages = std::move(pages),
                         .door = std::make_shared<Door>(executor),
                         .probe = probe}),
      acceptor_(context),
      pause_(context) {}

Server::~Server() { shared_->door->Close(); }

absl::Status Server::Listen() {
  absl::StatusOr<edge::HostPort> at = edge::ParseHostPort(shared_->options.listen);
  if (!at.ok()) return at.status();
  Error error;
  Tcp::endpoint endpoint(boost::asio::ip::make_address(at->host, error), at->port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(Tcp::acceptor::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError("cannot listen on " + shared_->options.listen + ": " +
                                  error.message());
  }
  address_ = edge::FormatHostPort(at->host, acceptor_.local_endpoint().port());
  return absl::OkStatus();
}

void Server::Start() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept([this](Error error, Tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) return Pause();
    Error unknown;
    std::string peer = socket.remote_endpoint(unknown).address().to_string();
    MakeRoom(peer);
    std::make_shared<Session>(std::move(socket), std::move(peer), shared_)->Start();
    Start();
  });
}

// Who comes last is served: it has been silent for the shortest time. An address that is at its
// bound gives up its oldest; when all are taken, whoever holds most of them does.
void Server::MakeRoom(const std::string& peer) {
  std::map<std::string, size_t> counts;
  for (const auto& [number, session] : shared_->sessions) ++counts[session->peer()];
  if (counts[peer] >= shared_->options.connections_per_address) return CutOldest(peer);
  if (shared_->sessions.size() < shared_->options.connections_max) return;
  CutOldest(std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
              return a.second < b.second;
            })->first);
}

void Server::CutOldest(const std::string& peer) {
  for (const auto& [number, session] : shared_->sessions) {
    if (session->peer() != peer) continue;
    shared_->probe.too_many.Add();
    return session->Cut();
  }
}

void Server::Pause() {
  pause_.expires_after(kAcceptPause);
  pause_.async_wait([this](Error error) {
    if (!error) Start();
  });
}

void Server::Stop() {
  Error ignored;
  pause_.cancel();
  acceptor_.close(ignored);
  while (!shared_->sessions.empty()) shared_->sessions.begin()->second->Cut();
}

}  // namespace sluice::admin
