// SPDX-License-Identifier: Apache-2.0
#include "gateway/edge/admin.h"

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

#include "gateway/edge/address.h"

namespace sluice::edge {
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

struct AdminServer::Shared {
  AdminOptions options;
  AdminPages pages;
  // By age. Each keeps itself alive by its pending handler.
  std::map<uint64_t, Session*> sessions = {};
  uint64_t next_number = 1;
  AdminProbe& probe;
};

// One connection: a request, an answer, the end. Its pending handler owns it.
class AdminServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, std::string peer, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)),
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
    stream_.expires_after(absl::ToChronoMilliseconds(shared_->options.timeout));
    http::async_read_header(
        stream_, buffer_, parser_,
        [self = shared_from_this()](Error error, size_t) { self->OnRequest(error); });
  }
  // It counts no more.
  void Cut() {
    shared_->sessions.erase(number_);
    stream_.close();
  }

 private:
  void OnRequest(Error error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      shared_->probe.too_large.Add();
      return Send({431, "text/plain; charset=utf-8", "too many bytes of headers\n"}, false);
    }
    if (IsMalformed(error)) {
      shared_->probe.malformed.Add();
      return Send({400, "text/plain; charset=utf-8", "no correct HTTP request\n"}, false);
    }
    if (error == beast::error::timeout) shared_->probe.too_slow.Add();
    if (error) return;
    shared_->probe.requests.Add();
    const auto& request = parser_.get();
    Send(AnswerAdmin(shared_->pages, std::string(request.method_string()),
                     std::string(request.target())),
         request.method() == http::verb::head);
  }

  void Send(AdminAnswer answer, bool head) {
    response_.emplace(static_cast<http::status>(answer.status), 11);
    response_->set(http::field::server, "sluice");
    response_->set(http::field::content_type, answer.type);
    if (answer.status == 405) response_->set(http::field::allow, "GET, HEAD");
    response_->keep_alive(false);
    response_->content_length(answer.body.size());
    if (!head) response_->body() = std::move(answer.body);
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
  const std::string peer_;  // its address
  std::shared_ptr<Shared> shared_;
  const uint64_t number_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  std::optional<http::response<http::string_body>> response_;
  char nowhere_[512];
};

AdminServer::AdminServer(boost::asio::io_context& context, const AdminOptions& options,
                         AdminPages pages, AdminProbe& probe)
    : shared_(new Shared{.options = options, .pages = std::move(pages), .probe = probe}),
      acceptor_(context),
      pause_(context) {}

AdminServer::~AdminServer() = default;

absl::Status AdminServer::Listen() {
  absl::StatusOr<HostPort> at = ParseHostPort(shared_->options.listen);
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
  address_ = FormatHostPort(at->host, acceptor_.local_endpoint().port());
  return absl::OkStatus();
}

void AdminServer::Start() {
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
void AdminServer::MakeRoom(const std::string& peer) {
  std::map<std::string, size_t> counts;
  for (const auto& [number, session] : shared_->sessions) ++counts[session->peer()];
  if (counts[peer] >= shared_->options.connections_per_address) return CutOldest(peer);
  if (shared_->sessions.size() < shared_->options.connections_max) return;
  CutOldest(std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
              return a.second < b.second;
            })->first);
}

void AdminServer::CutOldest(const std::string& peer) {
  for (const auto& [number, session] : shared_->sessions) {
    if (session->peer() != peer) continue;
    shared_->probe.too_many.Add();
    return session->Cut();
  }
}

void AdminServer::Pause() {
  pause_.expires_after(kAcceptPause);
  pause_.async_wait([this](Error error) {
    if (!error) Start();
  });
}

void AdminServer::Stop() {
  Error ignored;
  pause_.cancel();
  acceptor_.close(ignored);
  while (!shared_->sessions.empty()) shared_->sessions.begin()->second->Cut();
}

void AdminProbe::Visit(metrics::Visitor& visitor) const {
  visitor.Count("admin_requests_total", "Requests on the admin port.", {}, requests.value());
  auto refused = [&visitor](std::string_view reason, const metrics::Counter& counter) {
    visitor.Count("admin_refused_total", "Connections of the admin port that got no page.",
                  {{"reason", reason}}, counter.value());
  };
  refused("connections", too_many);
  refused("header_bytes", too_large);
  refused("timeout", too_slow);
  refused("malformed", malformed);
}

}  // namespace sluice::edge
