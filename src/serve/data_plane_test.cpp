#include "serve/data_plane.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

TEST(DataPlane, ServesAFileAndItsHeadAndKeepsTheConnection) {
  TestServer server;
  server.release("a.sites.test", {{"x.txt", "hello"}});
  Client client = server.connect();
  for (int i = 0; i < 3; ++i) {
    const Response response = client.exchange(get("/x.txt"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.field("Server"), "sitepod");
  }
  const Response head = client.exchange("HEAD /x.txt HTTP/1.1\r\nHost: a.sites.test\r\n\r\n", true);
  EXPECT_EQ(head.field("Content-Length"), "5");
  EXPECT_EQ(client.exchange(get("/x.txt")).body, "hello");
}

TEST(DataPlane, AnswersConditionalRequestsWithoutTheBlob) {
  TestServer server;
  server.release("a.sites.test", {{"x.txt", "hello"}});
  Client client = server.connect();
  const std::string etag = client.exchange(get("/x.txt")).field("ETag");
  const int opened = server.blobs.opened;
  EXPECT_EQ(client.exchange(get("/x.txt", "a.sites.test", "If-None-Match: " + etag + "\r\n")).status, 304);
  EXPECT_EQ(server.blobs.opened, opened);
}

TEST(DataPlane, AHundredPipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  Files files;
  for (int i = 0; i < 100; ++i) files["f" + std::to_string(i)] = "content " + std::to_string(i);
  server.release("a.sites.test", files);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/f" + std::to_string(i));
  Client client = server.connect();
  for (int round = 0; round < 2; ++round) {  // cold, then warm
    ASSERT_TRUE(client.send(requests));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(client.receive().body, "content " + std::to_string(i));
  }
}

TEST(DataPlane, RequestsMayBeSplitAtAnyByte) {
  TestServer server;
  server.release("a.sites.test", {{"x", "first"}, {"y", "second"}});
  const std::string requests = get("/x") + get("/y");
  for (std::size_t split = 1; split < requests.size(); ++split) {
    Client client = server.connect();
    ASSERT_TRUE(client.send(requests.substr(0, split)));
    ::poll(nullptr, 0, split % 16 == 0 ? 1 : 0);
    ASSERT_TRUE(client.send(requests.substr(split)));
    ASSERT_EQ(client.receive().body, "first") << split;
    ASSERT_EQ(client.receive().body, "second") << split;
  }
}

TEST(DataPlane, RequestsMayArriveByteByByte) {
  TestServer server;
  server.release("a.sites.test", {{"x", "first"}});
  Client client = server.connect();
  for (const char byte : get("/x") + get("/x")) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.receive().body, "first");
  EXPECT_EQ(client.receive().body, "first");
}

TEST(DataPlane, PublishReturnsWhenEveryWorkerServesTheNewSnapshot) {
  DataPlaneOptions options;
  options.workers = 4;
  TestServer server(options);
  server.release("a.sites.test", {{"x", "0"}});
  std::vector<Client> clients;  // several per worker
  for (int i = 0; i < 32; ++i) clients.push_back(server.connect());
  for (int round = 1; round < 50; ++round) {
    server.release("a.sites.test", {{"x", std::to_string(round)}});
    for (const auto& worker : server.plane->status()) ASSERT_EQ(worker.adopted_generation, server.generation());
    for (Client& client : clients) ASSERT_TRUE(client.send(get("/x")));
    for (Client& client : clients) ASSERT_EQ(client.receive().body, std::to_string(round));
  }
}

TEST(DataPlane, EveryAnswerDuringReleasesIsWhollyOfOneRelease) {
  DataPlaneOptions options;
  options.workers = 2;
  TestServer server(options);
  const auto content = [](int round) {
    return noise(static_cast<std::size_t>(1000 + 997 * round), static_cast<std::uint32_t>(round));
  };
  server.release("a.sites.test", {{"x", content(0)}});
  std::atomic<int> published{0};
  std::atomic<bool> done{false};
  std::atomic<int> answers{0};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 3; ++i) {
    visitors.emplace_back([&] {
      Client client = server.connect();
      while (!done) {
        const int oldest = published;
        const Response response = client.exchange(get("/x"));
        ASSERT_EQ(response.status, 200);
        const int round = static_cast<int>(response.body.size() - 1000) / 997;
        ASSERT_EQ(response.body, content(round));
        ASSERT_GE(round, oldest);
        ++answers;
      }
    });
  }
  for (int round = 1; round <= 100; ++round) {
    server.release("a.sites.test", {{"x", content(round)}});
    published = round;
    const int seen = answers;
    ASSERT_TRUE(eventually([&] { return answers > seen; }));
  }
  done = true;
  for (auto& visitor : visitors) visitor.join();
}

TEST(DataPlane, BodiesOfEverySizeArriveUnchanged) {
  TestServer server;
  const std::size_t sizes[] = {0, 1, 8192, 8193, 65536, 65537, 1 << 20, (5 << 20) + 13};
  Files files;
  for (const std::size_t size : sizes) files[std::to_string(size)] = noise(size, static_cast<std::uint32_t>(size));
  server.release("a.sites.test", files);
  Client client = server.connect();
  for (int round = 0; round < 2; ++round) {
    std::string requests;
    for (const std::size_t size : sizes) requests += get("/" + std::to_string(size));
    ASSERT_TRUE(client.send(requests));
    for (const std::size_t size : sizes) ASSERT_TRUE(client.receive().body == files[std::to_string(size)]) << size;
  }
}

TEST(DataPlane, RangesOfLargeFilesArriveUnchanged) {
  TestServer server;
  const std::string bytes = noise(3 << 20, 1);
  server.release("a.sites.test", {{"x", bytes}});
  Client client = server.connect();
  const Response response = client.exchange(get("/x", "a.sites.test", "Range: bytes=1000000-2999999\r\n"));
  EXPECT_EQ(response.status, 206);
  EXPECT_TRUE(response.body == bytes.substr(1'000'000, 2'000'000));
}

TEST(DataPlane, ManyRequestsForOneMissingBlobShareOneLoad) {
  DataPlaneOptions options;
  options.workers = 1;
  TestServer server(options);
  server.release("a.sites.test", {{"x", noise(30'000, 1)}});
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(server.connect());
  for (Client& client : clients) ASSERT_TRUE(client.send(get("/x")));
  for (Client& client : clients) ASSERT_EQ(client.receive().body.size(), 30'000u);
  EXPECT_EQ(server.blobs.opened, 1);
}

TEST(DataPlane, ACacheSmallerThanTheSiteServesAllOfIt) {
  DataPlaneOptions options;
  options.body_cache_bytes = 1000;
  options.file_cache_entries = 1;
  TestServer server(options);
  Files files;
  for (int i = 0; i < 10; ++i) files["s" + std::to_string(i)] = noise(900, static_cast<std::uint32_t>(i));
  for (int i = 0; i < 4; ++i) files["l" + std::to_string(i)] = noise(100'000, static_cast<std::uint32_t>(i));
  server.release("a.sites.test", files);
  Client client = server.connect();
  std::string requests;
  for (int round = 0; round < 3; ++round) {
    for (const auto& [path, bytes] : files) requests += get("/" + path);
  }
  ASSERT_TRUE(client.send(requests));
  for (int round = 0; round < 3; ++round) {
    for (const auto& [path, bytes] : files) ASSERT_TRUE(client.receive().body == bytes) << path;
  }
}

TEST(DataPlane, ASmallBlobWithWrongBytesIsA500AndReported) {
  TestServer server;
  server.release("a.sites.test", {{"x", "right"}, {"y", "fine"}});
  const Digest digest = sha256(std::string_view("right"));
  server.blobs.put_under(digest, "wrong");
  Client client = server.connect();
  EXPECT_EQ(client.exchange(get("/x")).status, 500);
  EXPECT_TRUE(server.is_reported_corrupt(digest));
  EXPECT_EQ(client.exchange(get("/y")).body, "fine");
  server.blobs.put_under(digest, "right");  // mended: found again as soon as the failure is forgotten
  EXPECT_TRUE(eventually([&] { return client.exchange(get("/x")).body == "right"; }));
}

TEST(DataPlane, ALargeBlobOfTheWrongSizeIsA500) {
  TestServer server;
  const std::string bytes = noise(200'000, 1);
  server.release("a.sites.test", {{"x", bytes}});
  server.blobs.put_under(sha256(bytes), bytes.substr(0, 199'999));
  EXPECT_EQ(server.connect().exchange(get("/x")).status, 500);
}

TEST(DataPlane, AMissingBlobIsA500) {
  TestServer server;
  IndexInput input;
  input.path = "x";
  input.media_type = "text/plain";
  input.blob = sha256(std::string_view("never stored"));
  input.size = 12;
  server.release_index("a.sites.test", {input});
  EXPECT_EQ(server.connect().exchange(get("/x")).status, 500);
}

TEST(DataPlane, AReaderThatStallsDoesNotHoldUpOthers) {
  DataPlaneOptions options;
  options.workers = 1;
  TestServer server(options);
  const std::string large = noise(20 << 20, 1);
  server.release("a.sites.test", {{"large", large}, {"x", "quick"}});
  std::vector<std::unique_ptr<Client>> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(std::make_unique<Client>(server.plane->port(), 4096));
    ASSERT_TRUE(stalled.back()->send(get("/large")));
  }
  Client client = server.connect();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.exchange(get("/x")).body, "quick");
  EXPECT_TRUE(stalled[0]->receive().body == large);
}

TEST(DataPlane, APipelineThatIsNotReadIsHeldUpAndThenAnsweredCompletely) {
  DataPlaneOptions options;
  options.workers = 1;
  TestServer server(options);
  const std::string bytes = noise(20'000, 1);
  server.release("a.sites.test", {{"x", bytes}});
  Client client = server.connect();
  std::thread sender([&client] {
    for (int i = 0; i < 2000; ++i) client.send(get("/x"));
  });
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(client.receive().body == bytes);
  sender.join();
}

TEST(DataPlane, HostsDecideWhoAnswers) {
  TestServer server({}, [](http::ApiRequest& request) {
    return http::ApiResponse{
        .status = 200, .headers = {}, .body = "api " + request.host + " " + request.path, .stream = nullptr};
  });
  server.release("a.sites.test", {{"api/v1/x", "the site's"}, {"healthz", "its own"}});
  Client client = server.connect();
  EXPECT_EQ(client.exchange(get("/api/v1/x", "A.Sites.Test:80")).body, "the site's");
  EXPECT_EQ(client.exchange(get("/healthz")).body, "its own");
  EXPECT_EQ(client.exchange(get("/", "sites.test")).body, "api sites.test /");
  EXPECT_EQ(client.exchange(get("/", "APP.sites.test.")).body, "api app.sites.test /");
  EXPECT_EQ(client.exchange(get("/x", "www.sites.test")).body, "api www.sites.test /x");
  EXPECT_EQ(client.exchange(get("/", "127.0.0.1:8080")).body, "api 127.0.0.1 /");
  EXPECT_EQ(client.exchange(get("/", "[::1]:8080")).body, "api [::1] /");
  EXPECT_EQ(client.exchange(get("/api/v1/plan", "stranger.test")).body, "api stranger.test /api/v1/plan");
  EXPECT_EQ(client.exchange(get("/healthz", "stranger.test")).status, 200);
  EXPECT_EQ(client.exchange(get("/readyz", "stranger.test")).status, 200);
  EXPECT_EQ(client.exchange(get("/", "stranger.test")).status, 404);
  EXPECT_EQ(client.exchange(get("/healthz/", "stranger.test")).status, 404);
  EXPECT_EQ(client.exchange(get("/", "xsites.test")).status, 404);
  EXPECT_EQ(client.exchange(get("/", std::string(300, 'a') + ".test")).status, 404);
}

TEST(DataPlane, AnAddressInUseIsAnErrorThatNamesIt) {
  TestServer server;
  ThreadPool pool("pool", 1, 1);
  DataPlaneOptions options;
  options.listen_port = server.plane->port();
  DataPlane second(options, {}, pool, pool);
  auto started = second.start(std::make_shared<Snapshot>());
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find(std::to_string(options.listen_port)), std::string::npos);
}

TEST(DataPlane, DrainFinishesWhatIsUnderWayAndClosesTheRest) {
  TestServer server;
  const std::string large = noise(30 << 20, 1);
  server.release("a.sites.test", {{"large", large}, {"x", "small"}});
  Client idle = server.connect();
  EXPECT_EQ(idle.exchange(get("/x")).body, "small");
  Client busy(server.plane->port(), 4096);
  ASSERT_TRUE(busy.send(get("/large")));
  Client in_head = server.connect();
  ASSERT_TRUE(in_head.send("GET /x HTTP/1.1\r\n"));
  ASSERT_TRUE(eventually([&] { return server.connections() == 3; }));
  Response busy_answer;
  Response late_answer;
  std::thread reader([&] {
    EXPECT_TRUE(idle.is_closed_within(seconds(5)));
    busy_answer = busy.receive();
    late_answer = in_head.exchange("Host: a.sites.test\r\n\r\n");
  });
  server.plane->drain(seconds(10));
  reader.join();
  EXPECT_TRUE(busy_answer.body == large);
  EXPECT_EQ(late_answer.body, "small");
  EXPECT_EQ(late_answer.field("Connection"), "close");
  EXPECT_FALSE(server.connect().connected());
  EXPECT_EQ(server.connections(), 0u);
}

TEST(DataPlane, DrainEndsAtItsDeadline) {
  TestServer server;
  Client client = server.connect();
  ASSERT_TRUE(client.send("GET /x HTTP/1.1\r\n"));
  ASSERT_TRUE(eventually([&] { return server.connections() == 1; }));
  server.plane->drain(milliseconds(50));
  EXPECT_TRUE(client.is_closed_within(seconds(5)));
}

}  // namespace
}  // namespace sitepod::serve
