// SPDX-License-Identifier: Apache-2.0
//
// The request's head as bytes, and the answers that it can lead to.
#include "gateway/edge/request_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/edge/refusal.h"

namespace sluice::edge {
namespace {

using State = RequestReader::State;

constexpr RequestReader::Limits kLimits{1024, 12, 200};
constexpr char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";

struct Request {
  std::string line = "GET /chat HTTP/1.1";
  std::string host = "Host: a.example\r\n";
  std::string upgrade = "Upgrade: websocket\r\n";
  std::string connection = "Connection: keep-alive, Upgrade\r\n";
  std::string key = std::string("Sec-WebSocket-Key: ") + kKey + "\r\n";
  std::string version = "Sec-WebSocket-Version: 13\r\n";
  std::string more;
  std::string Text() const {
    return line + "\r\n" + host + upgrade + connection + key + version + more + "\r\n";
  }
};

std::optional<Refusal> Judge(const std::string& text) {
  RequestReader reader(kLimits);
  State state = reader.Put(text);
  if (state == State::kRefused) return reader.refusal();
  EXPECT_EQ(state, State::kWhole) << text;
  return CheckUpgrade(reader.request());
}

template <typename Change>
std::optional<Refusal> JudgeChanged(Change change) {
  Request request;
  change(request);
  return Judge(request.Text());
}

TEST(RequestReader, TakesAnUpgrade) { EXPECT_EQ(Judge(Request().Text()), std::nullopt); }

TEST(RequestReader, TakesItInAnyPieces) {
  std::string text = Request().Text();
  for (size_t cut = 1; cut < text.size(); ++cut) {
    RequestReader reader(kLimits);
    EXPECT_FALSE(reader.started());
    EXPECT_EQ(reader.Put(text.substr(0, cut)), State::kMore) << cut;
    EXPECT_TRUE(reader.started());
    EXPECT_EQ(reader.Put(text.substr(cut)), State::kWhole) << cut;
    EXPECT_EQ(reader.rest(), "");
  }
}

TEST(RequestReader, KeepsWhatComesBehind) {
  RequestReader reader(kLimits);
  std::string frames(3000, '\x81');
  EXPECT_EQ(reader.Put(Request().Text() + frames), State::kWhole);
  EXPECT_EQ(reader.rest(), frames);
}

TEST(RequestReader, ReadsOnlyWhatItNeeds) {
  RequestReader reader(kLimits);
  Request request;
  request.more =
      "Origin: https://a.example\r\nX-Team: blue\r\nSec-WebSocket-Protocol: a, b\r\n"
      "X-Hop: one, two\r\nsec-websocket-protocol: c\r\nx-hop: three\r\n";
  ASSERT_EQ(reader.Put(request.Text()), State::kWhole);
  EXPECT_EQ(HeaderOf(reader.request(), "origin"), "https://a.example");
  EXPECT_EQ(HeaderOf(reader.request(), "missing"), std::nullopt);
  EXPECT_EQ(SubprotocolsOf(reader.request()), (std::vector<std::string_view>{"a", "b", "c"}));
  std::vector<std::pair<std::string, std::string>> kept = {{"x-team", "blue"},
                                                           {"x-hop", "one, two, three"}};
  EXPECT_EQ(KeepHeaders(reader.request(), {"x-team", "x-missing", "x-hop"}), kept);
}

TEST(RequestReader, IsStrictAboutWhatDecides) {
  EXPECT_EQ(JudgeChanged([](Request& r) { r.upgrade = ""; }), Refusal::kNotWebSocket);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.version = "Sec-WebSocket-Version: 8\r\n"; }),
            Refusal::kVersion);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.version = ""; }), Refusal::kVersion);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.line = "POST / HTTP/1.1"; }), Refusal::kMethod);
  for (const std::string& line :
       {"GET / HTTP/1.0", "GET chat HTTP/1.1", "GET * HTTP/1.1", "GET a.example:80 HTTP/1.1",
        "GET ftp://a/ HTTP/1.1", "GET http:/// HTTP/1.1", "GET http://me@a/ HTTP/1.1",
        "GET http://a/#top HTTP/1.1", "GET http:/a HTTP/1.1", "GET /#top HTTP/1.1",
        "GET / HTTP/2.0", "GET /", "GET  / HTTP/1.1", "get / HTTP/1.1 x"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.line = line; }), Refusal::kMalformed) << line;
  }
  for (const std::string& key : {"", "Sec-WebSocket-Key: \r\n", "Sec-WebSocket-Key: short\r\n",
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A\r\n",
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!!==\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.key = key; }), Refusal::kMalformed) << key;
  }
  EXPECT_EQ(JudgeChanged([](Request& r) { r.host = ""; }), Refusal::kMalformed);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.connection = ""; }), Refusal::kMalformed);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.connection = "Connection: close\r\n"; }),
            Refusal::kMalformed);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.upgrade = "Upgrade: h2c\r\n"; }), Refusal::kMalformed);
}

// RFC 9110 5.3: a list in several lines is one list.
TEST(RequestReader, ReadsListsInAnyNumberOfLines) {
  for (const std::string& connection :
       {"Connection: keep-alive\r\nConnection: Upgrade\r\n",
        "Connection: Upgrade\r\nconnection: close\r\n", "Connection: keep-alive, uPGRADE\r\n",
        "Connection: ,, keep-alive ,\tUpgrade,\r\n", "Connection:\r\nConnection: Upgrade\r\n",
        "Connection: keep-alive,\r\n Upgrade\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.connection = connection; }), std::nullopt)
        << connection;
  }
  for (const std::string& upgrade :
       {"Upgrade: websocket\r\nUpgrade: websocket\r\n", "Upgrade: h2c\r\nUpgrade: WebSocket\r\n",
        "Upgrade: h2c/1.0, websocket\r\n", "Upgrade: TLS/1.0\r\nUpgrade: , websocket,\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.upgrade = upgrade; }), std::nullopt) << upgrade;
  }
  for (const std::string& connection : {"Connection: keep-alive\r\nConnection: close\r\n",
                                        "Connection: no-upgrade\r\n", "Connection: \r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.connection = connection; }), Refusal::kMalformed)
        << connection;
  }
  for (const std::string& upgrade :
       {"Upgrade: websocket/13\r\n", "Upgrade: web\r\nUpgrade: socket\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.upgrade = upgrade; }), Refusal::kMalformed)
        << upgrade;
  }
}

TEST(RequestReader, RefusesWhatIsThereTwice) {
  for (const std::string& more : {"Host: b.example\r\n", "Sec-WebSocket-Version: 13\r\n",
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                                  "Origin: https://a\r\nOrigin: https://b\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.more = more; }), Refusal::kMalformed) << more;
  }
}

// RFC 9112 3.2.2: the target's authority counts, whatever Host says.
TEST(RequestReader, TakesAnAbsoluteTarget) {
  for (auto [line, target] : std::vector<std::pair<std::string, std::string>>{
           {"GET http://b.example:8080/chat?a=b HTTP/1.1", "/chat?a=b"},
           {"GET WSS://b.example:8080/chat HTTP/1.1", "/chat"},
           {"GET https://b.example:8080 HTTP/1.1", "/"},
           {"GET ws://b.example:8080?a=/b HTTP/1.1", "/?a=/b"}}) {
    RequestReader reader(kLimits);
    Request request;
    request.line = line;
    ASSERT_EQ(reader.Put(request.Text()), State::kWhole) << line;
    EXPECT_EQ(CheckUpgrade(reader.request()), std::nullopt) << line;
    EXPECT_EQ(reader.request().target(), target) << line;
    EXPECT_EQ(HeaderOf(reader.request(), "host"), "b.example:8080") << line;
  }
  auto absolute = [](std::string host) {
    return JudgeChanged([&](Request& r) {
      r.line = "GET http://b.example/ HTTP/1.1";
      r.host = host;
    });
  };
  EXPECT_EQ(absolute(""), Refusal::kMalformed);
  EXPECT_EQ(absolute("Host: a\r\nHost: a\r\n"), Refusal::kMalformed);
  EXPECT_EQ(absolute("Host: other.example\r\n"), std::nullopt);
}

TEST(RequestReader, BoundsThePathOfAnAbsoluteTarget) {
  std::string longest(kLimits.target_bytes - 1, 'x');
  auto judge = [](const std::string& path) {
    return JudgeChanged([&](Request& r) { r.line = "GET http://b.example/" + path + " HTTP/1.1"; });
  };
  EXPECT_EQ(judge(longest), std::nullopt);
  EXPECT_EQ(judge(longest + "x"), Refusal::kTargetTooLong);
}

// RFC 9112 2.2.
TEST(RequestReader, SkipsEmptyLinesAhead) {
  const std::string text = "\r\n\r\n" + Request().Text();
  EXPECT_EQ(Judge(text), std::nullopt);
  for (size_t cut = 1; cut < text.size(); ++cut) {
    RequestReader reader(kLimits);
    EXPECT_EQ(reader.Put(text.substr(0, cut)), State::kMore) << cut;
    EXPECT_EQ(reader.Put(text.substr(cut)), State::kWhole) << cut;
    EXPECT_EQ(reader.rest(), "");
  }
  EXPECT_EQ(Judge("\r\rGET / HTTP/1.1\r\n\r\n"), Refusal::kMalformed);
  EXPECT_EQ(Judge(" " + Request().Text()), Refusal::kMalformed);
}

TEST(RequestReader, BoundsEmptyLinesAhead) {
  RequestReader reader(kLimits);
  State state = State::kMore;
  size_t sent = 0;
  for (; state == State::kMore && sent < 2 * kLimits.header_bytes; sent += 2) {
    state = reader.Put("\r\n");
  }
  EXPECT_EQ(state, State::kRefused);
  EXPECT_EQ(reader.refusal(), Refusal::kHeaderBytes);
  EXPECT_EQ(sent, kLimits.header_bytes + 2);
  Request request;
  request.more = "X: " + std::string(500, 'x') + "\r\n";
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += "\r\n";
  EXPECT_EQ(Judge(lines + request.Text()), Refusal::kHeaderBytes);
}

TEST(RequestReader, WantsAHostThatIsOne) {
  for (const std::string& host :
       {"Host: a b\r\n", "Host: a/b\r\n", "Host: me@a\r\n", "Host: a\xe9\r\n", "Host: \r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.host = host; }), Refusal::kMalformed) << host;
  }
  for (const std::string& host : {"Host: [::1]:80\r\n", "Host: a_b.example:8080\r\n"}) {
    EXPECT_EQ(JudgeChanged([&](Request& r) { r.host = host; }), std::nullopt) << host;
  }
}

TEST(RequestReader, RefusesABody) {
  EXPECT_EQ(JudgeChanged([](Request& r) { r.more = "Content-Length: 5\r\n"; }),
            Refusal::kMalformed);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.more = "Transfer-Encoding: chunked\r\n"; }),
            Refusal::kMalformed);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.more = "Content-Length: 0\r\n"; }), std::nullopt);
}

TEST(RequestReader, CountsBytesAndHeaders) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "X: y\r\n";
  EXPECT_EQ(JudgeChanged([&](Request& r) { r.more = many; }), Refusal::kHeaderCount);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.more = "X: " + std::string(2000, 'x') + "\r\n"; }),
            Refusal::kHeaderBytes);
  EXPECT_EQ(JudgeChanged([](Request& r) { r.line = "GET /" + std::string(300, 'x'); }),
            Refusal::kMalformed);
  EXPECT_EQ(
      JudgeChanged([](Request& r) { r.line = "GET /" + std::string(300, 'x') + " HTTP/1.1"; }),
      Refusal::kTargetTooLong);
}

TEST(RequestReader, TellsALongTargetFromLongHeaders) {
  RequestReader reader(kLimits);
  State state = reader.Put("GET /");
  for (int i = 0; i < 100 && state == State::kMore; ++i) state = reader.Put(std::string(50, 'x'));
  EXPECT_EQ(state, State::kRefused);
  EXPECT_EQ(reader.refusal(), Refusal::kTargetTooLong);
}

TEST(RequestReader, TakesExactlyItsLimit) {
  Request request;
  request.more = "X: \r\n";
  request.more.insert(3, kLimits.header_bytes - request.Text().size(), 'x');
  EXPECT_EQ(request.Text().size(), kLimits.header_bytes);
  EXPECT_EQ(Judge(request.Text()), std::nullopt);
  request.more.insert(3, "x");
  EXPECT_EQ(Judge(request.Text()), Refusal::kHeaderBytes);
}

TEST(RenderRefusal, IsAWholeResponse) {
  RefusalDetail detail;
  EXPECT_EQ(RenderRefusal(Refusal::kOrigin, detail),
            "HTTP/1.1 403 Forbidden\r\nServer: sluice\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 19\r\n"
            "Connection: close\r\n\r\norigin not allowed\n");
}

TEST(RenderRefusal, SaysWhatWouldBeRight) {
  auto contains = [](Refusal refusal, const std::string& what) {
    RefusalDetail detail;
    detail.retry_after = absl::Seconds(3);
    std::string answer = RenderRefusal(refusal, detail);
    EXPECT_NE(answer.find(what), std::string::npos) << answer;
  };
  contains(Refusal::kMethod, "Allow: GET\r\n");
  contains(Refusal::kNotWebSocket, "Sec-WebSocket-Version: 13\r\n");
  contains(Refusal::kVersion, "Upgrade: websocket\r\n");
  contains(Refusal::kConnectionsMax, "Retry-After: 3\r\n");
  contains(Refusal::kDraining, "503 Service Unavailable");
}

TEST(RenderRefusal, EveryRefusalHasALabelAndAStatus) {
  for (int i = 0; i < kRefusalCount; ++i) {
    EXPECT_FALSE(LabelOf(static_cast<Refusal>(i)).empty());
    EXPECT_GE(StatusOf(static_cast<Refusal>(i)), 400);
  }
}

TEST(RenderRefusal, LeavesABodyOutForHead) {
  RefusalDetail detail;
  detail.head = true;
  detail.text = "because";
  std::string answer = RenderRefusal(Refusal::kNoRoute, detail);
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

}  // namespace
}  // namespace sluice::edge
