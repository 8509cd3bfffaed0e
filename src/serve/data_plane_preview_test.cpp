// Previews as visitors meet them: deploy API §7, reliability row 118.
#include <gtest/gtest.h>

#include <thread>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kHost = "a--pr-7.sites.test";
constexpr std::string_view kRight = "Authorization: Basic dTpyaWdodA==\r\n";  // u:right
constexpr std::string_view kWrong = "Authorization: Basic dTp3cm9uZw==\r\n";  // u:wrong

Instant in_an_hour() { return {now().unix_ms + 3'600'000}; }

class Previews : public ::testing::Test {
 protected:
  void SetUp() override { server_.release("a.sites.test", {{"index.html", "root"}, {"d/index.html", "deep"}}); }
  Response ask(std::string_view path, std::string_view host = kHost, std::string_view fields = "") {
    Client client = server_.connect();
    return client.exchange(get(path, host, fields));
  }
  TestServer server_;
};

TEST_F(Previews, AreServedOnTheirHostAndByPathWithoutBeingIndexedOrCached) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour());
  for (const Response& response : {ask("/"), ask("/__preview__/pr-7/", "a.sites.test")}) {
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "root");
    EXPECT_EQ(response.field("X-Robots-Tag"), "noindex");
    EXPECT_EQ(response.field("Cache-Control"), "no-cache");
  }
  EXPECT_EQ(ask("/__preview__/pr-7/d/", "a.sites.test").body, "deep");
  EXPECT_EQ(ask("/__preview__/pr-7/d?x=1", "a.sites.test").field("Location"), "/__preview__/pr-7/d/?x=1");
  EXPECT_EQ(ask("/__preview__/pr-7", "a.sites.test").field("Location"), "/__preview__/pr-7/");
}

TEST_F(Previews, LeaveTheSiteAsItIs) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour());
  const Response response = ask("/", "a.sites.test");
  EXPECT_EQ(response.field("X-Robots-Tag"), "");
  EXPECT_EQ(response.field("Cache-Control"), "public, max-age=0, must-revalidate");
}

TEST_F(Previews, UnknownOneIsMissingEvenWhereTheSiteHasAFallback) {
  for (std::string_view path :
       {"/__preview__/nobody/", "/__preview__/nobody", "/__preview__//", "/__preview__/PR-7/"}) {
    server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour());
    EXPECT_EQ(ask(path, "a.sites.test").status, 404) << path;
  }
  EXPECT_EQ(ask("/", "a--nobody.sites.test").status, 404);
}

TEST_F(Previews, ExpireToTheInstantWithoutAnybodyCleaningUp) {
  const Instant end{now().unix_ms + 400};
  server_.preview("a.sites.test", std::string(kHost), "pr-7", end);
  EXPECT_EQ(ask("/").status, 200);
  while (now() < end) std::this_thread::yield();
  for (const Response& response : {ask("/"), ask("/__preview__/pr-7/", "a.sites.test")}) {
    EXPECT_EQ(response.status, 410);
    EXPECT_EQ(response.field("X-Robots-Tag"), "noindex");
  }
  EXPECT_EQ(ask("/", "a.sites.test").status, 200);
}

TEST_F(Previews, WithAPasswordShowNothingWithoutIt) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour(), "hash of right");
  for (std::string_view fields : {std::string_view(), kWrong, std::string_view("Authorization: Bearer right\r\n")}) {
    for (std::string_view path : {"/", "/d/", "/missing.js"}) {
      const Response response = ask(path, kHost, fields);
      EXPECT_EQ(response.status, 401) << fields << path;
      EXPECT_EQ(response.field("WWW-Authenticate"), "Basic realm=\"preview\", charset=\"UTF-8\"");
      EXPECT_EQ(response.field("Cache-Control"), "private, no-store");
      EXPECT_EQ(response.field("ETag"), "");
      EXPECT_EQ(response.body, "This preview needs its password.\n");
    }
  }
  EXPECT_EQ(ask("/__preview__/pr-7/", "a.sites.test").status, 401);
}

TEST_F(Previews, WithAPasswordOpenForWhoeverSendsIt) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour(), "hash of right");
  for (int i = 0; i < 3; ++i) {
    const Response response = ask("/", kHost, kRight);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "root");
    EXPECT_EQ(response.field("Cache-Control"), "private, no-store");
  }
  EXPECT_EQ(ask("/missing.js", kHost, kRight).field("Cache-Control"), "private, no-store");
  EXPECT_EQ(ask("/__preview__/pr-7/d/", "a.sites.test", kRight).body, "deep");
  EXPECT_EQ(ask("/", kHost, kWrong).status, 401);
}

TEST_F(Previews, CheckAPasswordOncePerWorker) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour(), "hash of right");
  Client client = server_.connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.exchange(get("/", kHost, kRight)).status, 200);
  EXPECT_EQ(server_.password_checks, 1);
}

TEST_F(Previews, PipelinedBehindAPasswordCheckAreAnsweredInOrder) {
  server_.preview("a.sites.test", std::string(kHost), "pr-7", in_an_hour(), "hash of right");
  Client client = server_.connect();
  ASSERT_TRUE(client.send(get("/", kHost, kRight) + get("/d/", kHost, kRight) + get("/", kHost, kWrong) +
                          get("/", "a.sites.test")));
  EXPECT_EQ(client.receive().body, "root");
  EXPECT_EQ(client.receive().body, "deep");
  EXPECT_EQ(client.receive().status, 401);
  EXPECT_EQ(client.receive().body, "root");
}

}  // namespace
}  // namespace sitepod::serve
