// Locked pages as visitors meet them: content API §3.2 password, §11.
#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "serve/data_plane_test_support.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kHost = "a.sites.test";
constexpr std::string_view kForm = "<form><p class=\"unlock-wrong\" hidden>no</p></form>";

std::string rules_with(const std::string& password) {
  return "sitepod-rules 1\nlock\td/index.html\t_sitepod/locked/2.html\t$argon2id$" + password +
         "\nlock\tsecret.html\t_sitepod/locked/1.html\t$argon2id$" + password + "\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields = "",
                 std::string_view host = kHost) {
  return std::string("POST ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: ")
      .append(host)
      .append("\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

class LockedPages : public ::testing::Test {
 protected:
  explicit LockedPages(DataPlaneOptions options = {}) : server_(std::move(options)) {}
  void SetUp() override { release("open-sesame"); }
  void release(const std::string& password) {
    server_.release(std::string(kHost),
                    {{"404.html", "missing"},
                     {"_sitepod/locked/1.html", "the treasure"},
                     {"_sitepod/locked/2.html", "the other treasure"},
                     {"d/index.html", std::string(kForm)},
                     {"index.html", "root"},
                     {"secret.html", std::string(kForm)}},
                    rules_with(password));
  }
  Response exchange(const std::string& request) {
    Client client = server_.connect();
    return client.exchange(request, request.starts_with("HEAD"));
  }
  Response ask(std::string_view path, std::string_view fields = "", std::string_view host = kHost) {
    return exchange(get(path, host, fields));
  }
  // The Cookie line of who has sent this password.
  std::string open(std::string_view path, std::string_view password = "open-sesame") {
    const std::string cookie = exchange(post(path, "password=" + std::string(password))).field("Set-Cookie");
    return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }
  TestServer server_;
};

void expect_private(const Response& response) {
  EXPECT_EQ(response.field("Cache-Control"), "private, no-store");
  EXPECT_EQ(response.field("X-Robots-Tag"), "noindex");
  for (const char* name : {"ETag", "Last-Modified", "Repr-Digest", "Accept-Ranges"})
    EXPECT_EQ(response.field(name), "");
}

TEST_F(LockedPages, CountTheAnswersToPasswordsAsTheirSites) {
  const auto sent = [&] {
    std::array<std::uint64_t, 1> sums{};
    server_.plane->add_sent_bytes(sums);
    return sums[0];
  };
  const std::uint64_t before = sent();
  const Response wrong = exchange(post("/secret", "password=wrong"));
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(sent() - before, wrong.body.size());
  EXPECT_EQ(exchange(post("/secret", "password=open-sesame")).status, 303);
  EXPECT_EQ(sent() - before, wrong.body.size());

  // Longer than what is copied into the answer.
  const std::string long_form = std::string(kForm) + std::string(100'000, ' ');
  server_.release(std::string(kHost), {{"_sitepod/locked/1.html", "the treasure"}, {"secret.html", long_form}},
                  "sitepod-rules 1\nlock\tsecret.html\t_sitepod/locked/1.html\t$argon2id$open-sesame\n");
  const std::uint64_t then = sent();
  Client client = server_.connect();
  const std::size_t wrong_bytes = client.exchange(post("/secret", "password=wrong")).body.size();
  EXPECT_GT(wrong_bytes, 100'000u);
  // Counted as it leaves: surely when the next answer is there.
  const std::size_t next_bytes = client.exchange(get("/nothing", std::string(kHost))).body.size();
  EXPECT_EQ(sent() - then, wrong_bytes + next_bytes);
}

TEST_F(LockedPages, StandForNoOtherAddress) {
  for (const char* shell : {"index.html", "200.html"}) {
    const std::string file = shell;
    server_.release(std::string(kHost), {{"_sitepod/locked/1.html", "the treasure"}, {file, std::string(kForm)}},
                    "sitepod-rules 1\nlock\t" + file + "\t_sitepod/locked/1.html\t$argon2id$open-sesame\n");
    for (const char* path : {"/unknown", "/unknown/deep", "/unknown?x=1"}) {
      EXPECT_EQ(ask(path).status, 404) << shell << path;
      EXPECT_EQ(exchange(post(path, "password=open-sesame")).status, 405) << shell << path;
    }
    EXPECT_EQ(ask(file == "index.html" ? "/" : "/200").body, kForm);
  }
}

TEST_F(LockedPages, ShowStrangersTheFormAndNothingElse) {
  for (std::string_view path : {"/secret", "/secret.html", "/secret?x=1", "/%73ecret", "/d/"}) {
    for (const std::string& fields :
         {std::string(), std::string("Cookie: sitepod_page=1.2; x=y\r\n"), std::string("Range: bytes=0-3\r\n"),
          "If-None-Match: \"" + sha256(kForm).hex() + "\"\r\n", std::string("If-None-Match: *\r\n"),
          "If-None-Match: \"" + sha256("the treasure").hex() + "\"\r\n",
          std::string("If-Modified-Since: Thu, 16 Nov 2034 02:00:00 GMT\r\n"),
          std::string("Accept-Encoding: br, zstd\r\n")}) {
      const Response response = ask(path, fields);
      EXPECT_EQ(response.status, 200) << path << fields;
      EXPECT_EQ(response.body, kForm);
      expect_private(response);
    }
  }
  const Response head = exchange("HEAD /secret HTTP/1.1\r\nHost: a.sites.test\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(kForm.size()));
  expect_private(head);
}

TEST_F(LockedPages, NoPathLeadsToTheText) {
  for (std::string_view path :
       {"/_sitepod/locked/1.html", "/_sitepod/locked/1", "/%5fsitepod/locked/1.html", "/_sitepod%2flocked/1.html",
        "//_sitepod/locked/1.html", "/a/../_sitepod/locked/1.html", "/./_sitepod/locked/1.html",
        "/_sitepod%00locked/1.html", "/_sitepod%2500locked/1.html", "/_sitepod\\locked/1.html",
        "/_sitepod%c0%80locked/1.html", "/_sitepod%5clocked%5c1.html"}) {
    for (const std::string& fields : {std::string(), open("/secret")}) {
      const Response response = ask(path, fields);
      EXPECT_TRUE(response.status == 404 || response.status == 400) << path << response.status;
      EXPECT_EQ(response.body.find("treasure"), std::string::npos) << path;
    }
  }
}

TEST_F(LockedPages, OpenWithTheirPassword) {
  const Response response = exchange(post("/secret?from=mail", "x=1&password=open%2Dsesame"));
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.field("Location"), "/secret?from=mail");
  expect_private(response);
  const std::string cookie = response.field("Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("sitepod_page=")) << cookie;
  EXPECT_TRUE(cookie.ends_with("; Path=/secret; Max-Age=2592000; HttpOnly; SameSite=Lax")) << cookie;
  const std::string fields = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  const Response page = ask("/secret", fields + "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "the treasure");
  expect_private(page);
  EXPECT_EQ(ask("/d/", fields).body, kForm) << "a pass is for one page";
  EXPECT_EQ(ask("/d/", open("/d/")).body, "the other treasure");
}

TEST_F(LockedPages, AskAgainAfterAWrongPassword) {
  for (std::string_view form : {"password=wrong", "password=", "password=open%20sesame%20", "password=OPEN+SESAME"}) {
    const Response response = exchange(post("/secret", form));
    EXPECT_EQ(response.status, 403) << form;
    EXPECT_EQ(response.field("Set-Cookie"), "");
    EXPECT_EQ(response.body, "<form><p class=\"unlock-wrong\" role=\"alert\">no</p></form>");
    EXPECT_EQ(response.field("Content-Type"), "text/html; charset=utf-8");
    expect_private(response);
  }
}

TEST_F(LockedPages, ForgetEveryPassWithANewPasswordAndKnowItAgainWithTheOldOne) {
  const std::string pass = open("/secret");
  EXPECT_EQ(ask("/secret", pass).body, "the treasure");
  release("something-else");
  EXPECT_EQ(ask("/secret", pass).body, kForm);
  EXPECT_EQ(exchange(post("/secret", "password=open%2Dsesame")).status, 403);
  EXPECT_EQ(ask("/secret", open("/secret", "something-else")).body, "the treasure");
  release("open-sesame");
  EXPECT_EQ(ask("/secret", pass).body, "the treasure") << "rolled back";
}

TEST_F(LockedPages, LetNobodyGuessForEver) {
  std::atomic<int> guesses = 0;
  server_.check_page_password = [&](const PageGuess& guess) -> Result<bool> {
    EXPECT_EQ(guess.address, "127.0.0.1");
    const int nth = ++guesses;
    if (nth <= 2) return false;
    if (nth == 4) return unavailable("busy");
    return Error{ErrorKind::RateLimited, "rate_limited", "", {}, {}}.detail("retry_after", "42");
  };
  EXPECT_EQ(exchange(post("/secret", "password=1")).status, 403);
  EXPECT_EQ(exchange(post("/secret", "password=2")).status, 403);
  const Response response = exchange(post("/secret", "password=3"));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.field("Retry-After"), "42");
  expect_private(response);
  EXPECT_EQ(exchange(post("/secret", "password=4")).status, 503);
}

TEST_F(LockedPages, TakeNothingButSmallForms) {
  EXPECT_EQ(exchange(post("/secret", "word=open-sesame")).status, 400);
  EXPECT_EQ(exchange(post("/secret", "")).status, 400);
  EXPECT_EQ(exchange(post("/secret", "password=" + std::string(9'000, 'x'))).status, 413);
  EXPECT_EQ(exchange("POST /secret HTTP/1.1\r\nHost: a.sites.test\r\nContent-Type: application/json\r\n"
                     "Content-Length: 2\r\n\r\n{}")
                .status,
            415);
  EXPECT_EQ(exchange("POST /secret HTTP/1.1\r\nHost: a.sites.test\r\nTransfer-Encoding: chunked\r\n"
                     "Content-Type: Application/X-WWW-form-urlencoded ; charset=utf-8\r\n\r\n"
                     "9\r\npassword=\r\nd\r\nopen%2Dsesame\r\n0\r\n\r\n")
                .status,
            303);
}

TEST_F(LockedPages, LeaveTheConnectionUsable) {
  Client client = server_.connect();
  ASSERT_TRUE(client.send(post("/secret", "password=wrong") + post("/secret", "password=open%2Dsesame") + get("/")));
  EXPECT_EQ(client.receive().status, 403);
  EXPECT_EQ(client.receive().status, 303);
  EXPECT_EQ(client.receive().body, "root");
}

TEST_F(LockedPages, AreTheOnlyPlacesThatTakeAPost) {
  for (std::string_view path : {"/", "/nothing", "/d", "/_sitepod/locked/1.html", "/%ff"}) {
    const Response response = exchange(post(path, "password=open%2Dsesame"));
    EXPECT_EQ(response.status, 405) << path;
    EXPECT_EQ(response.field("Set-Cookie"), "");
  }
}

TEST_F(LockedPages, AreLockedInPreviewsAsWell) {
  const std::string host = "a--pr-7.sites.test";
  server_.preview(std::string(kHost), host, "pr-7", Instant{now().unix_ms + 3'600'000}, "hash of right");
  const std::string basic = "Authorization: Basic dTpyaWdodA==\r\n";  // u:right
  EXPECT_EQ(ask("/secret", "", host).status, 401);
  EXPECT_EQ(exchange(post("/secret", "password=open%2Dsesame", "", host)).status, 401);
  EXPECT_EQ(ask("/secret", basic, host).body, kForm);
  const Response opened = exchange(post("/__preview__/pr-7/secret", "password=open%2Dsesame", basic));
  EXPECT_EQ(opened.status, 303);
  EXPECT_EQ(opened.field("Location"), "/__preview__/pr-7/secret");
  const std::string cookie = opened.field("Set-Cookie");
  EXPECT_NE(cookie.find("; Path=/__preview__/pr-7/secret;"), std::string::npos) << cookie;
  const Response page =
      ask("/__preview__/pr-7/secret", basic + "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n");
  EXPECT_EQ(page.body, "the treasure");
  expect_private(page);
}

class LockedPagesBehindTls : public LockedPages {
 protected:
  static DataPlaneOptions options() {
    DataPlaneOptions options;
    options.is_behind_tls = true;
    return options;
  }
  LockedPagesBehindTls() : LockedPages(options()) {}
};

TEST_F(LockedPagesBehindTls, GivePassesForHttpsOnly) {
  const std::string cookie = exchange(post("/secret", "password=open%2Dsesame")).field("Set-Cookie");
  EXPECT_TRUE(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure")) << cookie;
}

}  // namespace
}  // namespace sitepod::serve
