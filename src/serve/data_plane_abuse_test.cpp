// What broken, slow and hostile clients get, and that nobody else notices.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

std::size_t count_open_descriptors() {
  const std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

std::size_t count_answers(std::string_view bytes) {
  std::size_t count = 0;
  for (std::size_t at = bytes.find("HTTP/1.1 "); at != std::string_view::npos; at = bytes.find("HTTP/1.1 ", at + 1))
    ++count;
  return count;
}

DataPlaneOptions impatient() {
  DataPlaneOptions options;
  options.deadlines.head = options.deadlines.idle = options.deadlines.body = options.deadlines.send = milliseconds(200);
  return options;
}

http::ApiResponse read_body(http::ApiRequest& request) {
  std::byte buffer[1000];
  for (;;) {
    const auto count = request.body->read(buffer);
    if (!count.ok()) return {.status = 400, .headers = {}, .body = "broken", .stream = nullptr};
    if (*count == 0) return {.status = 200, .headers = {}, .body = "read", .stream = nullptr};
  }
}

TEST(Abuse, AHandshakeOfTlsThatDoesNotEndIsEndedByItsDeadline) {
  DataPlaneOptions options;
  options.https_host = "127.0.0.1";
  options.https_port = 0;
  options.deadlines.handshake = milliseconds(200);
  TestServer server(options);
  Client silent(server.plane->https_port());
  Client slow(server.plane->https_port());
  const std::string_view hello_of_500_bytes("\x16\x03\x01\x01\xf4\x01\x00\x01\xf0\x03\x03", 11);
  ASSERT_TRUE(slow.send(hello_of_500_bytes));
  EXPECT_FALSE(silent.is_closed_within(milliseconds(50)));
  for (int i = 0; i < 5; ++i) static_cast<void>(slow.send("x"));  // what comes does not prolong it
  EXPECT_TRUE(silent.is_closed_within(seconds(5)));
  EXPECT_TRUE(slow.is_closed_within(seconds(5)));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  std::uint64_t failures = 0;
  for (const auto& worker : server.plane->status()) failures += worker.tls_failures;
  EXPECT_EQ(failures, 2u);
}

TEST(Abuse, AMessageThatTwoServersMightSplitDifferentlyGetsOneAnswerAndTheConnectionEnds) {
  TestServer server({}, read_body);
  server.release("a.sites.test", {{"x", "hidden"}});
  const std::string hidden = get("/x");
  const std::string fields[] = {
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
      "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
      "Content-Length: +4\r\n\r\nbody",
      "Content-Length: 4,4\r\n\r\nbody",
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n0\n\n",
      "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      "X: a\r\n b\r\n\r\n",
      "X: a\nY: b\r\n\r\n",
  };
  for (const char* start :
       {"POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\n", "POST /x HTTP/1.1\r\nHost: a.sites.test\r\n",
        "GET /x HTTP/1.1\r\nHost: a.sites.test\r\n"}) {
    for (const std::string& field : fields) {
      Client client = server.connect();
      ASSERT_TRUE(client.send(start + field + hidden));
      const std::string answers = client.receive_to_end();
      EXPECT_EQ(count_answers(answers), 1u) << start << field << answers;
      EXPECT_EQ(answers.find("hidden"), std::string::npos) << start << field;
      EXPECT_NE(answers.find("Connection: close\r\n"), std::string::npos) << start << field << answers;
    }
  }
}

TEST(Abuse, ABodyOnAGetOfASiteIsRefusedAndNothingBehindItIsTakenForARequest) {
  TestServer server;
  server.release("a.sites.test", {{"x", "hidden"}});
  Client client = server.connect();
  ASSERT_TRUE(client.send(get("/x", "a.sites.test", "Content-Length: 40\r\n") + get("/x")));
  const std::string answers = client.receive_to_end();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 ")) << answers;
  EXPECT_EQ(count_answers(answers), 1u);
}

TEST(Abuse, ARefusalIsReadableEvenWhenMuchMoreWasSent) {
  TestServer server;
  const std::string bombs[] = {"GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n\r\n",
                               "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1 << 20, 'a') + "\r\n\r\n"};
  const int statuses[] = {414, 431};
  for (int i = 0; i < 2; ++i) {
    Client client = server.connect();
    client.send(bombs[i]);
    EXPECT_EQ(client.receive().status, statuses[i]);
    EXPECT_TRUE(client.is_closed_within(seconds(5)));
  }
}

TEST(Abuse, AWrongFirstByteIsRefusedAtOnce) {
  TestServer server;
  EXPECT_EQ(server.connect().exchange("\x16\x03\x01").status, 400);
}

TEST(Abuse, AnIdleConnectionIsClosedAtItsDeadlineAndNotBefore) {
  TestServer server(impatient());
  server.release("a.sites.test", {{"x", "hello"}});
  Client client = server.connect();
  for (int i = 0; i < 6; ++i) {  // longer in all than the deadline
    EXPECT_FALSE(client.is_closed_within(milliseconds(60)));
    EXPECT_EQ(client.exchange(get("/x")).status, 200);
  }
  EXPECT_TRUE(client.is_closed_within(seconds(5)));
}

TEST(Abuse, AHeadThatDripsIsClosedAtItsDeadline) {
  TestServer server(impatient());
  Client client = server.connect();
  bool closed = client.send("GET / HTTP/1.1\r\nHost: a\r\n") && client.is_closed_within(milliseconds(50));
  for (int i = 0; i < 60 && !closed; ++i)
    closed = !client.send("X: y\r\n") || client.is_closed_within(milliseconds(50));
  EXPECT_TRUE(closed);
}

TEST(Abuse, ABodyThatFallsSilentIsBrokenForTheHandlerAndAnswered) {
  TestServer server(impatient(), read_body);
  Client short_body = server.connect();
  EXPECT_EQ(
      short_body.exchange("POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\nContent-Length: 10\r\n\r\n12345").status,
      408);
  Client long_body = server.connect();
  ASSERT_TRUE(long_body.send("POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\nContent-Length: 1000000\r\n\r\n" +
                             noise(400'000, 1)));
  EXPECT_EQ(long_body.receive().body, "broken");
  EXPECT_TRUE(long_body.is_closed_within(seconds(5)));
}

TEST(Abuse, ABodyThatDripsIsRefusedAtItsDeadline) {
  TestServer server(impatient(), read_body);
  Client client = server.connect();
  ASSERT_TRUE(client.send("POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\nContent-Length: 100000\r\n\r\n"));
  EXPECT_TRUE(eventually([&] {
    client.send("x");
    return server.connections() == 0;
  }));
  EXPECT_EQ(client.receive().status, 408);
}

TEST(Abuse, ABodyMayTakeLongerThanTheDeadlineWhileEnoughOfItComes) {
  DataPlaneOptions options;
  options.deadlines.body = milliseconds(1500);
  TestServer server(options, read_body);
  Client client = server.connect();
  constexpr int kPieces = 12;
  const std::string piece = noise(http::kBodyProgressBytes, 1);
  ASSERT_TRUE(client.send("POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\nContent-Length: " +
                          std::to_string(kPieces * piece.size()) + "\r\n\r\n"));
  for (int i = 0; i < kPieces; ++i) {
    ::poll(nullptr, 0, 150);
    ASSERT_TRUE(client.send(piece));
  }
  EXPECT_EQ(client.receive().body, "read");
}

TEST(Abuse, AHandlerMayTakeLongerThanAnyDeadline) {
  TestServer server(impatient(), [](http::ApiRequest&) {
    ::poll(nullptr, 0, 600);
    return http::ApiResponse{.status = 200, .headers = {}, .body = "late", .stream = nullptr};
  });
  EXPECT_EQ(server.connect().exchange(get("/api/v1/x", "sites.test")).body, "late");
}

TEST(Abuse, AReaderThatTakesNothingIsClosedAtItsDeadline) {
  TestServer server(impatient());
  server.release("a.sites.test", {{"large", noise(30 << 20, 1)}});
  Client client(server.plane->port(), 4096);
  ASSERT_TRUE(client.send(get("/large")));
  ASSERT_TRUE(eventually([&] { return server.connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(Abuse, ClientsThatResetLeaveNoDescriptor) {
  DataPlaneOptions options;
  options.workers = 1;  // one cache of open files, and it is full before the count
  TestServer server(options, read_body);
  server.release("a.sites.test", {{"large", noise(10 << 20, 1)}, {"x", "small"}});
  ASSERT_EQ(server.connect().exchange(get("/large")).status, 200);
  ASSERT_TRUE(eventually([&] { return server.connections() == 0; }));
  const std::size_t before = count_open_descriptors();
  const std::string beginnings[] = {"",
                                    "GET /x HT",
                                    get("/large"),
                                    get("/x") + get("/large") + get("/x"),
                                    "POST /api/v1/x HTTP/1.1\r\nHost: sites.test\r\nContent-Length: 10\r\n\r\n12",
                                    "bad\r\n"};
  for (int round = 0; round < 100; ++round) {
    for (const std::string& beginning : beginnings) {
      Client client = server.connect();
      ASSERT_TRUE(client.send(beginning));
      if (round % 3 == 1) ::poll(nullptr, 0, 1);
      if (round % 2 == 0) client.reset();
    }
  }
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(count_open_descriptors(), before);
}

TEST(Abuse, RunningOutOfDescriptorsPausesAcceptingAndThenRecovers) {
  rlimit original{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &original), 0);
  rlimit small = original;
  small.rlim_cur = 300;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
  {
    TestServer server;  // reads the limit when it starts
    server.release("a.sites.test", {{"x", "hello"}});
    std::vector<Client> crowd;
    while (count_open_descriptors() < 290) crowd.push_back(server.connect());
    // Files can still be opened, whoever waits.
    EXPECT_EQ(crowd.front().exchange(get("/x")).body, "hello");
    rusage usage_before{};
    rusage usage_after{};
    ::getrusage(RUSAGE_SELF, &usage_before);
    ::poll(nullptr, 0, 300);
    ::getrusage(RUSAGE_SELF, &usage_after);
    const auto cpu = [](const rusage& usage) {
      return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
             usage.ru_stime.tv_usec;
    };
    EXPECT_LT(cpu(usage_after) - cpu(usage_before), 30'000);  // 10 % of the time
    crowd.clear();
    EXPECT_EQ(server.connect().exchange(get("/x")).body, "hello");
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &original), 0);
}

}  // namespace
}  // namespace sitepod::serve
