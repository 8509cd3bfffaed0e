// API calls through the data plane: what a handler sees of a body, and what a client sees of an answer.
#include <gtest/gtest.h>

#include <thread>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

http::ApiResponse reply(int status, std::string body) {
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(body), .stream = nullptr};
}

Result<std::string> read_all(http::BodyReader& reader) {
  std::string body;
  std::byte buffer[10'000];
  for (;;) {
    const std::size_t count = SITEPOD_TRY(reader.read(buffer));
    if (count == 0) return body;
    body.append(reinterpret_cast<const char*>(buffer), count);
  }
}

http::ApiResponse echo(http::ApiRequest& request) {
  auto body = read_all(*request.body);
  if (!body.ok()) return reply(400, body.error().message);
  return reply(200, request.method_text + " " + std::string(request.header("x-test")) + " " + *body);
}

std::string post(std::string_view fields, std::string_view body = "", std::string_view path = "/api/v1/x") {
  return std::string("POST ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: sites.test\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

std::string post_sized(std::string_view body) {
  return post("Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

TEST(ApiCall, BodiesOfEverySizeReachTheHandler) {
  TestServer server({}, echo);
  Client client = server.connect();
  for (const std::size_t size : {0, 1, 1000, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 5 << 20}) {
    const std::string body = noise(size, 3);
    const Response response = client.exchange(post_sized(body));
    ASSERT_EQ(response.status, 200) << size;
    ASSERT_TRUE(response.body == "POST  " + body) << size;
  }
}

TEST(ApiCall, ChunkedBodiesReachTheHandlerWhereverTheyAreSplit) {
  TestServer server({}, echo);
  const std::string request =
      post("Transfer-Encoding: chunked\r\nX-Test: t\r\n", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  for (std::size_t split = 1; split < request.size(); ++split) {
    Client client = server.connect();
    ASSERT_TRUE(client.send(request.substr(0, split)));
    ::poll(nullptr, 0, split % 8 == 0 ? 1 : 0);
    ASSERT_EQ(client.exchange(request.substr(split)).body, "POST t hello world") << split;
  }
  std::string large;
  std::string chunks;
  for (int i = 0; i < 100; ++i) {
    const std::string piece = noise(30'000, static_cast<std::uint32_t>(i));
    large += piece;
    chunks += "7530\r\n" + piece + "\r\n";
  }
  Client client = server.connect();
  EXPECT_TRUE(client.exchange(post("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n")).body == "POST  " + large);
}

TEST(ApiCall, PipelinedRequestsWaitForTheirTurn) {
  TestServer server({}, echo);
  server.release("a.sites.test", {{"x", "site"}});
  Client client = server.connect();
  ASSERT_TRUE(client.send(get("/x") + post_sized("one") + get("/x") +
                          post("Transfer-Encoding: chunked\r\n", "3\r\ntwo\r\n0\r\n\r\n") + get("/x") + get("/none")));
  EXPECT_EQ(client.receive().body, "site");
  EXPECT_EQ(client.receive().body, "POST  one");
  EXPECT_EQ(client.receive().body, "site");
  EXPECT_EQ(client.receive().body, "POST  two");
  EXPECT_EQ(client.receive().body, "site");
  EXPECT_EQ(client.receive().status, 404);
}

TEST(ApiCall, AtTheAddressOfAdminsEveryHostIsTheApis) {
  DataPlaneOptions options;
  options.admin_host = "127.0.0.1";
  TestServer server(options, echo);
  server.release("a.sites.test", {{"api/v1/x", "site"}});
  Client visitor = server.connect();
  EXPECT_EQ(visitor.exchange(get("/api/v1/x", "a.sites.test")).body, "site");
  ASSERT_NE(server.plane->admin_port(), server.plane->port());
  Client admin(server.plane->admin_port());
  EXPECT_EQ(admin.exchange(get("/api/v1/x", "a.sites.test")).body, "GET  ");
  EXPECT_EQ(admin.exchange(get("/else", "none.test")).body, "GET  ");
}

TEST(ApiCall, AWaitingClientIsToldToContinue) {
  TestServer server({}, echo);
  Client client = server.connect();
  EXPECT_EQ(client.exchange(post("Content-Length: 4\r\nExpect: 100-continue\r\n")).status, 100);
  EXPECT_EQ(client.exchange("body").body, "POST  body");
  EXPECT_EQ(client.exchange(post("Content-Length: 4\r\nExpect: 100-continue\r\n", "body")).status, 200);
}

TEST(ApiCall, AClientThatHalfClosesGetsItsAnswer) {
  TestServer server({}, echo);
  server.release("a.sites.test", {{"x", noise(300'000, 1)}});
  Client api = server.connect();
  ASSERT_TRUE(api.send(post_sized("last words")));
  api.end_sending();
  EXPECT_EQ(api.receive().body, "POST  last words");
  EXPECT_TRUE(api.is_closed_within(seconds(5)));
  Client site = server.connect();
  ASSERT_TRUE(site.send(get("/x")));
  site.end_sending();
  EXPECT_EQ(site.receive().body.size(), 300'000u);
  EXPECT_TRUE(site.is_closed_within(seconds(5)));
}

TEST(ApiCall, AnAnswerBeforeAShortBodysEndKeepsTheConnection) {
  TestServer server({}, [](http::ApiRequest& request) {
    return request.path == "/api/v1/x" ? reply(413, "too much") : reply(200, "next");
  });
  Client client = server.connect();
  const std::string body = noise(600'000, 1);
  ASSERT_TRUE(client.send(post_sized(body)));
  EXPECT_EQ(client.receive().body, "too much");
  EXPECT_EQ(client.exchange(get("/api/v1/y", "sites.test")).body, "next");
}

TEST(ApiCall, AnAnswerBeforeALongBodysEndIsReadableBeforeTheConnectionCloses) {
  TestServer server({}, [](http::ApiRequest&) { return reply(413, "too much"); });
  Client client = server.connect();
  ASSERT_TRUE(client.send(post("Content-Length: 100000000\r\n")));
  const std::string piece = noise(1 << 20, 1);
  for (int i = 0; i < 4; ++i) client.send(piece);  // fails when the server has ended lingering
  const Response response = client.receive();
  EXPECT_EQ(response.body, "too much");
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_within(seconds(5)));
}

TEST(ApiCall, ABrokenBodyIsAnErrorForTheHandlerAndAnAnswerForTheClient) {
  std::atomic<int> calls{0};
  TestServer server({}, [&](http::ApiRequest& request) {
    ++calls;
    return echo(request);
  });
  // So short that nobody has been asked yet.
  Client short_body = server.connect();
  ASSERT_TRUE(short_body.send(post("Content-Length: 10\r\n", "12345")));
  short_body.end_sending();
  EXPECT_EQ(short_body.receive().status, 400);
  Client bad_chunk = server.connect();
  const Response refused = bad_chunk.exchange(post("Transfer-Encoding: chunked\r\n", "zz\r\n"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.field("Connection"), "close");
  EXPECT_EQ(calls, 0);
  // So long that the handler is reading.
  Client long_body = server.connect();
  ASSERT_TRUE(long_body.send(post("Content-Length: 1000000\r\n", noise(400'000, 1))));
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  long_body.end_sending();
  const Response answered = long_body.receive();
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.field("Connection"), "close");
}

TEST(ApiCall, AHandlerWhoseClientResetsIsToldSo) {
  std::atomic<int> broken{0};
  std::atomic<int> calls{0};
  TestServer server({}, [&](http::ApiRequest& request) {
    ++calls;
    if (!read_all(*request.body).ok()) ++broken;
    return reply(200, "");
  });
  for (int i = 1; i <= 20; ++i) {
    Client client = server.connect();
    ASSERT_TRUE(client.send(post("Content-Length: 1000000\r\n", noise(400'000, 1))));
    ASSERT_TRUE(eventually([&] { return calls == i; }));
    client.reset();
    ASSERT_TRUE(eventually([&] { return broken == i; }));
  }
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(ApiCall, AHandlerThatReadsSlowlyStopsTheSenderInsteadOfFillingMemory) {
  std::mutex gate;
  gate.lock();
  TestServer server({}, [&](http::ApiRequest& request) {
    std::lock_guard wait_here(gate);
    auto body = read_all(*request.body);
    return reply(200, std::to_string(body->size()));
  });
  Client client = server.connect();
  const timeval short_patience{0, 300'000};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &short_patience, sizeof short_patience);
  const std::size_t size = 64 << 20;
  ASSERT_TRUE(client.send(post("Content-Length: " + std::to_string(size) + "\r\n")));
  const std::string body = noise(size, 1);
  std::size_t sent = 0;
  for (;;) {  // until the server has stopped reading and both socket buffers are full
    const ssize_t count = ::send(client.fd(), body.data() + sent, size - sent, MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  EXPECT_LT(sent, size);
  gate.unlock();
  while (sent < size) {
    const ssize_t count = ::send(client.fd(), body.data() + sent, size - sent, MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(client.receive().body, std::to_string(size));
}

TEST(ApiCall, AStreamedAnswerIsChunkedAndTheConnectionGoesOn) {
  const std::string piece = noise(100'000, 1);
  TestServer server({}, [&](http::ApiRequest&) {
    http::ApiResponse response;
    response.stream = [&](http::BodyWriter& writer) -> Result<void> {
      for (int i = 0; i < 50; ++i) SITEPOD_TRY(writer.write(piece));
      return {};
    };
    return response;
  });
  std::string whole;
  for (int i = 0; i < 50; ++i) whole += piece;
  Client client = server.connect();
  for (int i = 0; i < 3; ++i) {
    const Response response = client.exchange(get("/api/v1/x", "sites.test"));
    ASSERT_EQ(response.field("Transfer-Encoding"), "chunked");
    ASSERT_TRUE(response.body == whole);
  }
  EXPECT_EQ(client.exchange("HEAD /api/v1/x HTTP/1.1\r\nHost: sites.test\r\n\r\n", true).status, 200);
  EXPECT_TRUE(client.exchange(get("/api/v1/x", "sites.test")).body == whole);
  // HTTP/1.0 knows no chunks: the answer ends with the connection.
  Client old = server.connect();
  const Response response =
      old.exchange("GET /api/v1/x HTTP/1.0\r\nHost: sites.test\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(response.field("Transfer-Encoding"), "");
  EXPECT_TRUE(response.body == whole);
}

TEST(ApiCall, AStreamThatFailsCutsTheConnection) {
  TestServer server({}, [&](http::ApiRequest&) {
    http::ApiResponse response;
    response.stream = [](http::BodyWriter& writer) -> Result<void> {
      SITEPOD_TRY(writer.write("half"));
      return internal("the other half is lost");
    };
    return response;
  });
  Client client = server.connect();
  EXPECT_EQ(client.exchange(get("/api/v1/x", "sites.test")).status, 0);
}

TEST(ApiCall, AStreamWhoseClientIsGoneIsStopped) {
  std::atomic<bool> stopped{false};
  TestServer server({}, [&](http::ApiRequest&) {
    http::ApiResponse response;
    response.stream = [&](http::BodyWriter& writer) -> Result<void> {
      const std::string piece(50'000, 'x');
      for (;;) {
        if (auto written = writer.write(piece); !written.ok()) {
          stopped = true;
          return written;
        }
      }
    };
    return response;
  });
  Client client(server.plane->port(), 4096);
  ASSERT_TRUE(client.send(get("/api/v1/x", "sites.test")));
  char some[1000];
  ASSERT_GT(::recv(client.fd(), some, sizeof some, 0), 0);
  client.reset();
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
}

TEST(ApiCall, HeadAnswersCarryNoBody) {
  TestServer server({}, [](http::ApiRequest&) { return reply(200, "body"); });
  Client client = server.connect();
  const Response head = client.exchange("HEAD /api/v1/x HTTP/1.1\r\nHost: sites.test\r\n\r\n", true);
  EXPECT_EQ(head.field("Content-Length"), "4");
  EXPECT_EQ(client.exchange(get("/api/v1/x", "sites.test")).body, "body");
}

TEST(ApiCall, AHeaderThatWouldEndTheLineIsLeftOut) {
  TestServer server({}, [](http::ApiRequest&) {
    http::ApiResponse response = reply(200, "body");
    response.headers.push_back({"X-Bad", "a\r\nX-Evil: b"});
    return response;
  });
  const Response response = server.connect().exchange(get("/api/v1/x", "sites.test"));
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.head.find("Evil"), std::string::npos);
}

TEST(ApiCall, ThePeerAddressIsNumericAndWithoutPort) {
  TestServer server({}, [](http::ApiRequest& request) { return reply(200, request.peer_address); });
  EXPECT_EQ(server.connect().exchange(get("/api/v1/x", "sites.test")).body, "127.0.0.1");
}

TEST(ApiCall, DrainWaitsForTheHandler) {
  std::atomic<bool> started{false};
  std::mutex gate;
  gate.lock();
  TestServer server({}, [&](http::ApiRequest&) {
    started = true;
    std::lock_guard wait_here(gate);
    return reply(200, "done");
  });
  Client client = server.connect();
  ASSERT_TRUE(client.send(get("/api/v1/x", "sites.test")));
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  std::thread drain([&] { server.plane->drain(seconds(10)); });
  EXPECT_TRUE(eventually([&] { return !server.connect().connected(); }));
  gate.unlock();
  drain.join();
  const Response response = client.receive();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.field("Connection"), "close");
}

}  // namespace
}  // namespace sitepod::serve
