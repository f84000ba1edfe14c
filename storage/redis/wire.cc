// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/wire.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/runtime/loop.h"

namespace sluice::storage::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;

constexpr size_t kReadBytes = 64 << 10;

}  // namespace

// Its handlers keep it alive, so that a cancelled one still finds its buffers; `user` is null once
// nobody wants to hear of it.
struct Wire::Impl : std::enable_shared_from_this<Impl> {
  Impl(Context& shared, const Address& address, User& to)
      : context(shared),
        address(address),
        resolver(context.loop.context()),
        socket(context.loop.context()),
        user(&to) {
    if (context.tls) {
      tls_context = context.tls;
      tls.emplace(socket, *tls_context);
    }
  }

  // Calls `f` with the stream that carries our bytes.
  template <typename F>
  void WithStream(F f) {
    if (tls) {
      f(*tls);
    } else {
      f(socket);
    }
  }

  void Begin() {
    Error none;
    asio::ip::address numeric = asio::ip::make_address(address.host, none);
    if (!none) return Connect({tcp::endpoint(numeric, address.port)});
    resolver.async_resolve(
        address.host, std::to_string(address.port),
        [self = shared_from_this()](Error error, const tcp::resolver::results_type& found) {
          if (!self->user) return;
          if (error) return self->Break("look up", error);
          // In any order: one that does not answer takes the whole time of a try.
          Endpoints endpoints(found.begin(), found.end());
          std::shuffle(endpoints.begin(), endpoints.end(), self->context.random);
          self->Connect(std::move(endpoints));
        });
  }

  void Connect(Endpoints endpoints) {
    auto kept = std::make_shared<Endpoints>(std::move(endpoints));
    asio::async_connect(socket, *kept,
                        [self = shared_from_this(), kept](Error error, const tcp::endpoint&) {
                          if (!self->user) return;
                          if (error) return self->Break("connect", error);
                          self->SetOptions();
                          self->tls ? self->Handshake() : self->Opened();
                        });
  }

  // The silence is noticed by us; the kernel's own patience covers what hangs in a write.
  void SetOptions() {
    Error ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto patience = static_cast<unsigned>(absl::ToInt64Milliseconds(context.options.silence));
    setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
  }

  void Handshake() {
    const std::string& name =
        context.options.tls.name.empty() ? address.host : context.options.tls.name;
    Error no_number;
    asio::ip::make_address(name, no_number);
    if (no_number) SSL_set_tlsext_host_name(tls->native_handle(), name.c_str());
    tls->set_verify_callback(asio::ssl::host_name_verification(name));
    tls->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](Error error) {
      if (!self->user) return;
      if (error) return self->Break("TLS", error);
      self->Opened();
    });
  }

  void Opened() {
    Read();
    user->OnOpen();
  }

  void Read() {
    WithStream([this](auto& stream) {
      stream.async_read_some(asio::buffer(in),
                             [self = shared_from_this()](Error error, size_t size) {
                               if (!self->user) return;
                               if (error) return self->Break("read", error);
                               self->user->OnBytes({self->in.data(), size});
                               if (self->user) self->Read();
                             });
    });
  }

  void Write(std::string bytes) {
    out = std::move(bytes);
    WithStream([this](auto& stream) {
      asio::async_write(stream, asio::buffer(out),
                        [self = shared_from_this()](Error error, size_t) {
                          if (!self->user) return;
                          if (error) return self->Break("write", error);
                          self->user->OnWritten();
                        });
    });
  }

  void Break(absl::string_view doing, Error error) {
    User* told = std::exchange(user, nullptr);
    Close();
    told->OnBroken(absl::UnavailableError(
        absl::StrCat(ToString(address), ": ", doing, ": ", error.message())));
  }

  void Close() {
    Error ignored;
    user = nullptr;
    resolver.cancel();
    socket.close(ignored);
  }

  Context& context;  // only while there is a user
  const Address address;
  tcp::resolver resolver;
  tcp::socket socket;
  std::shared_ptr<asio::ssl::context> tls_context;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  User* user;
  std::array<char, kReadBytes> in;
  std::string out;
};

Wire::Wire(Context& context, const Address& address, User& user)
    : impl_(std::make_shared<Impl>(context, address, user)) {
  asio::post(context.loop.context(), [impl = impl_] {
    if (impl->user) impl->Begin();
  });
}

Wire::~Wire() { impl_->Close(); }

void Wire::Write(std::string bytes) { impl_->Write(std::move(bytes)); }

}  // namespace sluice::storage::redis
