// Blobs that are on another machine when a visitor asks for them.
#include <gtest/gtest.h>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a.test\r\n\r\n"; }

// Whoever fetches: keeps what is asked for until the test says what becomes of it.
class Elsewhere {
 public:
  TestServer::Fetch opening() {
    return [this](const Digest& digest, std::function<void(Result<void>)> done) {
      const std::lock_guard lock(mutex_);
      ++times_asked_;
      if (answer_) return done(answer_());
      asked_.emplace_back(digest, std::move(done));
      changed_.notify_all();
    };
  }
  std::pair<Digest, std::function<void(Result<void>)>> next() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(10), [&] { return !asked_.empty(); }));
    auto first = std::move(asked_.front());
    asked_.erase(asked_.begin());
    return first;
  }
  // What was asked for and what will be.
  void answer_all(std::function<Result<void>()> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    for (auto& [digest, done] : asked_) done(answer_());
    asked_.clear();
  }
  int times_asked() {
    const std::lock_guard lock(mutex_);
    return times_asked_;
  }

 private:
  std::mutex mutex_;  // guards the rest
  std::function<Result<void>()> answer_;
  int times_asked_ = 0;
  std::condition_variable changed_;
  std::vector<std::pair<Digest, std::function<void(Result<void>)>>> asked_;
};

class Fetches : public testing::Test {
 protected:
  const std::string small = "small file";
  const std::string large = std::string(300'000, 'x');
  Elsewhere elsewhere;
  TestServer server{{}, nullptr, elsewhere.opening()};

  void SetUp() override {
    server.release("a.test", {{"small.txt", small}, {"large.bin", large}, {"near.txt", "near"}});
    server.blobs.take(sha256(small));
    server.blobs.take(sha256(large));
  }
  // The data plane ends when all that it waits for has been answered.
  void TearDown() override {
    elsewhere.answer_all([] { return Result<void>(); });
  }
};

TEST_F(Fetches, MissingFilesAreFetchedOnceAndThenServedFromHere) {
  for (const auto& [path, content] : {std::pair("/small.txt", small), std::pair("/large.bin", large)}) {
    Client client = server.connect();
    ASSERT_TRUE(client.send(get(path)));
    auto [digest, done] = elsewhere.next();
    EXPECT_EQ(digest, sha256(content));
    server.blobs.put(content);
    done({});
    EXPECT_TRUE(client.receive().body == content);
    EXPECT_TRUE(client.exchange(get(path)).body == content);
  }
}

TEST_F(Fetches, WhileSomebodyWaitsForAnotherMachineFilesThatAreHereAreServed) {
  // More than there are threads for opening files.
  std::vector<Client> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(server.connect());
    ASSERT_TRUE(waiting.back().send(get(i % 2 == 0 ? "/small.txt" : "/large.bin")));
  }
  EXPECT_EQ(server.connect().exchange(get("/near.txt")).body, "near");
  server.blobs.put(small);
  server.blobs.put(large);
  elsewhere.answer_all([] { return Result<void>(); });
  for (std::size_t i = 0; i < waiting.size(); ++i)
    EXPECT_TRUE(waiting[i].receive().body == (i % 2 == 0 ? small : large)) << i;
}

TEST_F(Fetches, WhatCannotBeHadNowIs503AndWhatIsLostIs500) {
  const auto answer_to = [&](Client& client, const char* path, Error error) {
    EXPECT_TRUE(client.send(get(path)));
    elsewhere.next().second(std::move(error));
    return client.receive();
  };
  Client client = server.connect();
  const Response unreachable = answer_to(client, "/small.txt", unavailable("The storage cannot be reached."));
  EXPECT_EQ(unreachable.status, 503);
  EXPECT_EQ(unreachable.field("Retry-After"), "1");
  EXPECT_EQ(answer_to(client, "/large.bin", internal("other bytes")).status, 500);
}

// By the worker that has asked: the same connection, hence the same worker.
TEST_F(Fetches, AFailureIsRememberedForASecond) {
  elsewhere.answer_all([]() -> Result<void> { return unavailable("The storage cannot be reached."); });
  Client client = server.connect();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client.exchange(get("/small.txt")).status, 503);
  EXPECT_EQ(client.exchange(get("/small.txt")).status, 503);
  const bool is_remembered = std::chrono::steady_clock::now() - begin < seconds(1);
  EXPECT_LE(elsewhere.times_asked(), is_remembered ? 1 : 2);
}

}  // namespace
}  // namespace sitepod::serve
