#include "serve/visit.hpp"

#include "serve/route.hpp"
#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

constexpr Instant kNowInstant{1'700'100'000'000};

// A project with production, an environment, a live preview and one that has just expired.
class VisitTest : public ::testing::Test {
 protected:
  VisitTest() {
    views_.environments["prod"] = view("prod");
    views_.environments["beta"] = view("beta");
    views_.previews["pr-7"] = {view("preview"), {kNowInstant.unix_ms + 1}};
    views_.previews["old"] = {view("old preview"), kNowInstant};
    place_.views = &views_;
  }
  static std::shared_ptr<const SiteView> view(const std::string& name) {
    auto made = std::make_shared<SiteView>();
    made->environment = name;
    return made;
  }
  std::optional<ChoiceRedirect> choose(const std::string& target, Transport transport = Transport::Plain) const {
    const TestRequest request(target);
    return find_choice(request.head, place_, transport, kNowInstant);
  }
  std::optional<Visit> read(const std::string& cookies) const {
    const TestRequest request("/", {{"Cookie", cookies}});
    return read_choice(request.head, place_, Transport::Plain, kNowInstant);
  }
  std::string shown(const std::string& cookies) const {
    const auto visit = read(cookies);
    return visit && visit->site ? visit->site->environment : "prod";
  }

  ProjectViews views_;
  ChoicePlace place_;
};

TEST_F(VisitTest, AnEnvironmentInTheQueryBecomesACookieAndLeavesTheQuery) {
  const auto choice = choose("/a/b.html?x=1&env=beta&y=%20&z");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->location, "/a/b.html?x=1&y=%20&z");
  EXPECT_EQ(choice->set_cookie, "Set-Cookie: sitepod_env=beta; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax\r\n");
  EXPECT_EQ(choose("/?env=beta")->location, "/");
  EXPECT_EQ(choose("/?env=beta&env=prod&a")->location, "/?a");
}

TEST_F(VisitTest, APreviewLastsADayAndIsSecureOverTls) {
  const auto choice = choose("/?preview=pr-7", Transport::Tls);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->set_cookie,
            "Set-Cookie: sitepod_preview=pr-7; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure\r\n");
}

TEST_F(VisitTest, ProductionAndAnEmptyPreviewTakeTheCookieBack) {
  EXPECT_EQ(choose("/?env=prod")->set_cookie,
            "Set-Cookie: sitepod_env=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n");
  for (const char* target : {"/?preview=", "/?preview", "/?a=b&preview="})
    EXPECT_TRUE(choose(target)->set_cookie.starts_with("Set-Cookie: sitepod_preview=; Path=/; Max-Age=0;")) << target;
}

TEST_F(VisitTest, OneCookieIsSetPerRedirectAndTheOtherParameterComesNext) {
  EXPECT_EQ(choose("/?preview=pr-7&env=beta")->location, "/?preview=pr-7");
}

TEST_F(VisitTest, AParameterThatNamesNothingIsTheSitesOwn) {
  for (const char* target : {"/?env=nothing", "/?preview=old", "/?preview=nothing", "/?environment=beta", "/?xenv=beta",
                             "/?ENV=beta", "/?env=beta%0d%0aX:y", "/?env=..%2f", "/?preview=../x", "/?x", "/", "/?"})
    EXPECT_FALSE(choose(target)) << target;
}

TEST_F(VisitTest, TheRedirectNeverLeavesTheHost) {
  EXPECT_EQ(choose("//evil.example/?env=beta")->location, "/%2Fevil.example/");
  EXPECT_EQ(choose("/%2Fevil.example?env=beta")->location, "/%2Fevil.example");
  EXPECT_EQ(choose("/\\evil.example?env=beta")->location, "/%5Cevil.example");
  EXPECT_FALSE(choose("/%ff?env=beta")) << "a path that is no text is refused elsewhere";
}

TEST_F(VisitTest, CookiesChooseAndTheNarrowerWishCountsMore) {
  EXPECT_EQ(shown("a=b; sitepod_env=beta; c"), "beta");
  EXPECT_EQ(shown("sitepod_preview=pr-7"), "preview");
  EXPECT_EQ(shown("sitepod_env=beta; sitepod_preview=pr-7"), "preview");
  EXPECT_FALSE(read("sitepod=beta; env=beta; xsitepod_env=beta; sitepod_env"));
  EXPECT_FALSE(read("sitepod_env=prod"));
}

TEST_F(VisitTest, AnExpiredPreviewLocksNobodyOut) {
  const auto visit = read("sitepod_preview=old; sitepod_env=beta");
  ASSERT_TRUE(visit);
  EXPECT_EQ(visit->site->environment, "beta");
  EXPECT_EQ(visit->lines, "Set-Cookie: sitepod_preview=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n");
  for (const char* value : {"", "..", "/", "a/b", "%00", "nothing"}) {
    const auto ignored = read("sitepod_env=" + std::string(value));
    ASSERT_TRUE(ignored) << value;
    EXPECT_EQ(ignored->site, nullptr) << value;
    EXPECT_FALSE(ignored->lines.empty()) << value;
  }
}

TEST_F(VisitTest, ACookieOfAnEnclosingPathDoesNotReachTheSiteInside) {
  place_.covers_others = true;
  EXPECT_EQ(choose("/?env=beta")->set_cookie,
            "Set-Cookie: sitepod_env=beta@/; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax\r\n");
  EXPECT_EQ(shown("sitepod_env=beta@/"), "beta");
  place_ = {&views_, "/blog", false};
  EXPECT_FALSE(read("sitepod_env=beta@/"));
  EXPECT_EQ(shown("sitepod_env=beta; sitepod_env=nothing@/"), "beta");
  EXPECT_EQ(shown("sitepod_env=nothing@/; sitepod_env=beta"), "beta");
  EXPECT_EQ(choose("/blog/?env=beta")->set_cookie,
            "Set-Cookie: sitepod_env=beta; Path=/blog; Max-Age=3600; HttpOnly; SameSite=Lax\r\n");
}

TEST(VisitAnswer, WhatACookieDecidedIsForItsVisitorOnly) {
  const TestSite site({{"index.html"},
                       {"style.css", "text/css; charset=utf-8", 3000, false, "gzip"},
                       {"app.0123abcd.js", "text/javascript; charset=utf-8", 5000, true, "gzip"},
                       {"logo.png", "image/png", 100}});
  const Visit visit{nullptr, "Set-Cookie: sitepod_env=; Max-Age=0\r\n"};
  const http::StatusLines status_lines(kNow);
  for (const char* path : {"/", "/style.css", "/app.0123abcd.js", "/logo.png", "/missing.png", "/%ff"}) {
    for (const TestRequest::Fields& fields :
         {TestRequest::Fields{}, {{"If-None-Match", "*"}}, {{"Range", "bytes=0-9"}}}) {
      const TestRequest request(path, fields);
      std::string head = "what came before\r\nVary: Accept-Encoding\r\n";
      const std::size_t before = head.size();
      const AnswerBody body = answer(request.head, site.view, status_lines, AfterAnswer::KeepAlive, head, {}, &visit);
      EXPECT_TRUE(head.starts_with("what came before\r\nVary: Accept-Encoding\r\n"));
      const TestAnswer answer = take_apart(head.substr(before), body);
      EXPECT_EQ(answer["cache-control"], "private, no-cache") << path;
      EXPECT_TRUE(answer["vary"].ends_with("Cookie")) << path << answer["vary"];
      EXPECT_EQ(answer["set-cookie"], "sitepod_env=; Max-Age=0");
    }
  }
  const TestRequest request("/style.css");
  std::string head;
  const AnswerBody body = answer(request.head, site.view, status_lines, AfterAnswer::KeepAlive, head, {}, &visit);
  EXPECT_EQ(take_apart(head, body).status, 200);
  EXPECT_EQ(take_apart(head, body)["vary"], "Accept-Encoding, Cookie");
}

TEST(VisitAnswer, WithoutACookieAnswersMayBeKeptAndSayWhatTheyVaryBy) {
  const TestSite site({{"index.html"},
                       {"app.0123abcd.js", "text/javascript; charset=utf-8", 5000, true, "gzip"},
                       {"logo.png", "image/png", 100}});
  const http::StatusLines status_lines(kNow);
  const auto varies_by = [&](const char* path) {
    const TestRequest request(path);
    std::string with_choice;
    std::string without;
    const AnswerBody body =
        answer(request.head, site.view, status_lines, AfterAnswer::KeepAlive, with_choice, {}, &kUndecidedVisit);
    answer(request.head, site.view, status_lines, AfterAnswer::KeepAlive, without);
    const TestAnswer chosen = take_apart(with_choice, body);
    EXPECT_EQ(chosen["cache-control"], take_apart(without, body)["cache-control"]) << path;
    EXPECT_FALSE(chosen.has("set-cookie"));
    return std::string(chosen["vary"]);
  };
  EXPECT_EQ(varies_by("/"), "Accept-Encoding, Cookie");
  EXPECT_EQ(varies_by("/app.0123abcd.js"), "Accept-Encoding, Cookie");
  EXPECT_EQ(varies_by("/logo.png"), "Cookie");
  EXPECT_EQ(varies_by("/missing.png"), "Cookie");
}

TEST(ProjectViews, OfferAChoiceWithAnotherEnvironmentOrAPreview) {
  ProjectViews views;
  EXPECT_FALSE(views.offer_choice());
  views.environments["prod"] = nullptr;
  EXPECT_FALSE(views.offer_choice());
  views.environments["beta"] = nullptr;
  EXPECT_TRUE(views.offer_choice());
  views.environments.erase("beta");
  views.previews["pr-7"] = {};
  EXPECT_TRUE(views.offer_choice());
}

PathMounts mounts_at(std::initializer_list<std::string> slugs) {
  std::vector<Mount> mounts;
  for (const std::string& slug : slugs) {
    auto site = std::make_shared<SiteView>();
    site->project = slug;
    mounts.push_back({slug, std::move(site), nullptr, {}, false});
  }
  return PathMounts(std::move(mounts));
}

TEST(PathMounts, TheLongestSlugWinsOnSegmentBoundaries) {
  const PathMounts mounts = mounts_at({"/", "/blog", "/blog/archive/old", "/docs", "/ü b"});
  auto found = [&](std::string_view path) {
    const PathMounts::Match match = mounts.find(path);
    return match.mount->slug + " " + std::string(match.prefix);
  };
  EXPECT_EQ(found("/"), "/ ");
  EXPECT_EQ(found("/blog"), "/blog /blog");
  EXPECT_EQ(found("/blog/"), "/blog /blog");
  EXPECT_EQ(found("/blog/x/y"), "/blog /blog");
  EXPECT_EQ(found("/blogger"), "/ ");
  EXPECT_EQ(found("/blogger/x"), "/ ");
  EXPECT_EQ(found("/Blog"), "/ ");
  EXPECT_EQ(found("/blog/archive"), "/blog /blog");
  EXPECT_EQ(found("/blog/archive/older"), "/blog /blog");
  EXPECT_EQ(found("/blog/archive/old"), "/blog/archive/old /blog/archive/old");
  EXPECT_EQ(found("/blog/archive/old/x"), "/blog/archive/old /blog/archive/old");
  EXPECT_EQ(found("/%62log/x"), "/blog /%62log");
  EXPECT_EQ(found("/blog%2Fx"), "/blog /blog") << "decoded once, a slash is a slash";
  EXPECT_EQ(found("/%C3%BC%20b/x"), "/ü b /%C3%BC%20b");
  EXPECT_EQ(found("//blog"), "/ ");
  EXPECT_EQ(found("/x/../blog"), "/ ");
  EXPECT_EQ(found("/%ff"), "/ ");
}

TEST(PathMounts, WithoutARootThereIsNothingBesideTheSlugs) {
  const PathMounts mounts = mounts_at({"/blog"});
  EXPECT_EQ(mounts.find("/").mount, nullptr);
  EXPECT_EQ(mounts.find("/x").mount, nullptr);
  EXPECT_EQ(mounts.find("/%ff").mount, nullptr);
  ASSERT_NE(mounts.find("/blog").mount, nullptr);
  EXPECT_FALSE(mounts.find("/blog").mount->covers_others);
}

TEST(PathMounts, CookiePathsAreSafeInAHeaderAndKnowWhatTheyCover) {
  const PathMounts mounts = mounts_at({"/a;b", "/docs", "/docs/api", "/doc"});
  EXPECT_EQ(mounts.find_slug("/a;b")->cookie_path, "/a%3Bb");
  EXPECT_TRUE(mounts.find_slug("/docs")->covers_others);
  EXPECT_FALSE(mounts.find_slug("/docs/api")->covers_others);
  EXPECT_FALSE(mounts.find_slug("/doc")->covers_others);
}

TEST(Route, AHostWithMountsFindsItsSitesAndNothingElse) {
  Snapshot snapshot;
  snapshot.base_domain = "sites.test";
  HostEntry entry;
  entry.mounts = std::make_shared<PathMounts>(mounts_at({"/blog"}));
  snapshot.hosts = HostTable().with({{"shop.example", entry}});
  auto route = [&](const std::string& target) {
    TestRequest request(target);
    request.head.host = "Shop.Example";
    return find_route(snapshot, request.head);
  };
  EXPECT_EQ(route("/blog/x").kind, Route::Kind::Site);
  TestRequest request("/blog/x");
  request.head.host = "shop.example";
  EXPECT_EQ(find_route(snapshot, request.head).mount, "/blog");
  EXPECT_EQ(route("/blogger").kind, Route::Kind::Nowhere);
  EXPECT_EQ(route("/").kind, Route::Kind::Nowhere);
  EXPECT_EQ(route("/api/v1/health").kind, Route::Kind::Nowhere) << "a site's host answers for its sites only";
}

}  // namespace
}  // namespace sitepod::serve
