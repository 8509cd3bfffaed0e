#include "http/client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "base/fd.hpp"

namespace sitepod::http {
namespace {

// Serves one prepared answer per connection and keeps what it was sent. Reads until `end_of_request` has been seen.
class OneShotServer {
 public:
  OneShotServer(std::string answer, std::string end_of_request)
      : answer_(std::move(answer)), end_(std::move(end_of_request)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~OneShotServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  const std::string& url() const { return url_; }
  // Requires: an exchange with this server has ended.
  const std::string& received() {
    if (thread_.joinable()) {
      thread_.join();
      thread_ = std::thread([] {});
    }
    return received_;
  }

 private:
  void serve() {
    UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
    if (!peer) return;
    char buffer[4096];
    while (received_.find(end_) == std::string::npos) {
      ssize_t count = ::recv(peer.get(), buffer, sizeof buffer, 0);
      if (count <= 0) return;
      received_.append(buffer, static_cast<std::size_t>(count));
    }
    ::send(peer.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  std::string answer_, end_, url_, received_;
  UniqueFd listener_;
  std::thread thread_;
};

Client make_client() { return Client(ClientOptions{}); }

TEST(Client, YieldsStatusFieldsAndBody) {
  OneShotServer server("HTTP/1.1 404 Not Found\r\nX-Some: Value \r\nContent-Length: 4\r\n\r\nnope", "\r\n\r\n");
  auto response = make_client().send({.url = server.url() + "/x", .fields = {{"Authorization", "Bearer t"}}});
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->field("x-some"), "Value");
  EXPECT_EQ(response->body, "nope");
  EXPECT_NE(server.received().find("GET /x HTTP/1.1\r\n"), std::string::npos);
  EXPECT_NE(server.received().find("Authorization: Bearer t\r\n"), std::string::npos);
  EXPECT_EQ(server.received().find("Content-Type"), std::string::npos);
}

TEST(Client, RedirectsAreNotFollowed) {
  OneShotServer server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n");
  auto response = make_client().send({.url = server.url()});
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 302);
}

TEST(Client, AStreamedBodyOfUnknownSizeGoesInChunks) {
  OneShotServer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0\r\n\r\n");
  int pieces = 0;
  ClientRequest request{.method = "POST", .url = server.url()};
  request.read_body = [&](std::span<std::byte> out) -> Result<std::size_t> {
    if (++pieces > 3) return std::size_t{0};
    std::memcpy(out.data(), "abc", 3);
    return std::size_t{3};
  };
  ASSERT_TRUE(make_client().send(request).ok());
  EXPECT_NE(server.received().find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(server.received().find("POST / HTTP/1.1"), std::string::npos);
}

TEST(Client, AnErrorOfTheBodyReaderEndsTheExchangeAndComesBack) {
  OneShotServer server("", "never");
  ClientRequest request{.method = "POST", .url = server.url()};
  request.read_body = [](std::span<std::byte>) -> Result<std::size_t> { return conflict("changed under us"); };
  auto response = make_client().send(request);
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().message, "changed under us");
}

TEST(Client, OnlySuccessfulAnswersAreStreamed) {
  std::string streamed;
  auto collect = [&](std::string_view piece) -> Result<void> {
    streamed += piece;
    return {};
  };
  OneShotServer good("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "\r\n\r\n");
  ASSERT_TRUE(make_client().send({.url = good.url(), .on_body = collect}).ok());
  EXPECT_EQ(streamed, "hello");
  OneShotServer bad("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nsorry", "\r\n\r\n");
  auto response = make_client().send({.url = bad.url(), .on_body = collect});
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "sorry");
  EXPECT_EQ(streamed, "hello");
}

TEST(Client, AnAnswerThatBreaksOffIsANetworkError) {
  OneShotServer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", "\r\n\r\n");
  auto response = make_client().send({.url = server.url()});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, "network");
  EXPECT_EQ(response.error().kind, ErrorKind::Unavailable);
}

TEST(Client, InterruptionEndsAWaitingExchange) {
  std::atomic<bool> cancelled = true;
  OneShotServer server("", "never");
  ClientOptions options;
  options.cancelled = &cancelled;
  auto response = Client(options).send({.url = server.url()});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, "interrupted");
}

TEST(Client, AnExchangeEndsAtItsOwnDeadline) {
  OneShotServer server("", "never");
  auto response = make_client().send({.url = server.url(), .deadline = std::chrono::milliseconds(50)});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, "network");
}

TEST(Client, WrongAddressesAndFieldsAreTheCallersMistake) {
  EXPECT_EQ(make_client().send({.url = "ftp://127.0.0.1/"}).error().code, "invalid_url");
  EXPECT_EQ(make_client().send({.url = "http://127.0.0.1:1/", .fields = {{"Authorization", "a\r\nb: c"}}}).error().code,
            "invalid_request");
}

}  // namespace
}  // namespace sitepod::http
