#include "serve/answer.hpp"

#include "serve/answer_head.hpp"
#include "serve/header_blocks.hpp"
#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

const TestSite& simple_site() {
  static const TestSite site({{"index.html"},
                              {"about.html"},
                              {"docs/index.html"},
                              {"style.css", "text/css; charset=utf-8", 3000, false, "gzip br zstd"},
                              {"app.0123abcd.js", "text/javascript; charset=utf-8", 5000, true, "gzip br"},
                              {"logo.png", "image/png", 100},
                              {"empty.txt", "text/plain; charset=utf-8", 0}});
  return site;
}

TEST(Answer, AWholeFileCarriesEveryFieldOfTheContract) {
  TestAnswer answer = get(simple_site(), "/logo.png");
  EXPECT_EQ(answer.head,
            "HTTP/1.1 200 OK\r\nServer: sitepod\r\nDate: Thu, 16 Nov 2023 02:00:00 GMT\r\n"
            "Content-Type: image/png\r\nX-Content-Type-Options: nosniff\r\nAccept-Ranges: bytes\r\n"
            "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
            "ETag: " +
                etag_of("logo.png") +
                "\r\n"
                "Repr-Digest: sha-256=:qyESM7ZXbbsPi1gmRH7qxh4qgzqZrF14j7waF0w8bOU=:\r\n"
                "Content-Length: 100\r\nCache-Control: public, max-age=0, must-revalidate\r\n\r\n");
  EXPECT_EQ(answer.body.kind, AnswerBody::Kind::Blob);
  EXPECT_EQ(answer.body.blob, digest_of("logo.png"));
  EXPECT_EQ(answer.body.blob_size, 100u);
  EXPECT_EQ(answer.body.offset, 0u);
  EXPECT_EQ(answer.body.length, 100u);
}

TEST(Answer, AnEmptyFileHasNoBodyToSend) {
  TestAnswer answer = get(simple_site(), "/empty.txt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer["content-length"], "0");
  EXPECT_EQ(answer.body.kind, AnswerBody::Kind::None);
}

TEST(Answer, FingerprintedFilesAreImmutableAndAllOthersRevalidate) {
  EXPECT_EQ(get(simple_site(), "/app.0123abcd.js")["cache-control"], "public, max-age=31536000, immutable");
  EXPECT_EQ(get(simple_site(), "/style.css")["cache-control"], "public, max-age=0, must-revalidate");
}

TEST(Answer, TheQueryIsIgnored) {
  EXPECT_EQ(get(simple_site(), "/style.css?v=%zz&/../x")["etag"], etag_of("style.css"));
  EXPECT_EQ(get(simple_site(), "/?x=1")["etag"], etag_of("index.html"));
}

TEST(Answer, OtherMethodsAreNotAllowed) {
  for (http::Method method : {http::Method::Post, http::Method::Put, http::Method::Patch, http::Method::Delete,
                              http::Method::Options, http::Method::Other}) {
    TestAnswer answer = ask(simple_site().view, TestRequest("/", {}, method));
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer["allow"], "GET, HEAD");
    EXPECT_EQ(answer["cache-control"], "no-cache");
    EXPECT_EQ(answer["content-length"], std::to_string(answer.body.text.size()));
  }
  EXPECT_EQ(ask(simple_site().view, TestRequest("*", {}, http::Method::Options)).status, 405);
}

const TestSite& moved_site() {
  static const TestSite site({{"index.html"}, {"new.html"}, {"taken.html"}, {"folder/index.html"}},
                             "sitepod-rules 1\nredirect\t/folder\t/new\nredirect\t/old\t/new\n"
                             "redirect\t/old/d\xc3\xa9j\xc3\xa0;vu\t/d\xc3\xa9 j\xc3\xa0/\nredirect\t/taken\t/new\n");
  return site;
}

TEST(Answer, OldAddressesLeadToTheNewOnesForGood) {
  EXPECT_EQ(get(moved_site(), "/old").head,
            "HTTP/1.1 301 Moved Permanently\r\nServer: sitepod\r\nDate: Thu, 16 Nov 2023 02:00:00 GMT\r\n"
            "Location: /new\r\nX-Content-Type-Options: nosniff\r\nCache-Control: public, max-age=0, must-revalidate\r\n"
            "Content-Length: 0\r\n\r\n");
  for (const char* target : {"/old", "/old/", "/old.html", "/%6fld"}) {
    EXPECT_EQ(get(moved_site(), target)["location"], "/new") << target;
    EXPECT_EQ(head_of(moved_site(), target).status, 301) << target;
  }
  EXPECT_EQ(get(moved_site(), "/old?a=1&b=%2F")["location"], "/new?a=1&b=%2F");
  EXPECT_EQ(get(moved_site(), "/old/d%C3%A9j%c3%a0;vu")["location"], "/d%C3%A9%20j%C3%A0/");
  EXPECT_EQ(ask(moved_site().view, TestRequest("/__preview__/pr-7/old"), AfterAnswer::KeepAlive,
                "/__preview__/pr-7")["location"],
            "/__preview__/pr-7/new");
}

TEST(Answer, AFileAtAnOldAddressIsShown) {
  EXPECT_EQ(get(moved_site(), "/taken").status, 200);
  EXPECT_EQ(get(moved_site(), "/folder").status, 308);
  for (const char* target : {"/old/x", "/ol", "/older", "//old", "/old//", "/old.html/", "/old.htm", "/a/../old"})
    EXPECT_NE(get(moved_site(), target).status, 301) << target;
}

TEST(Answer, HeadHasTheHeadOfGetAndNoBody) {
  for (const char* target : {"/", "/style.css", "/docs", "/missing.js", "/%ff", "/empty.txt", "/nothing/here"}) {
    for (TestRequest::Fields fields :
         {TestRequest::Fields{}, {{"Accept-Encoding", "br"}}, {{"If-None-Match", etag_of("style.css")}}}) {
      TestAnswer with_body = get(simple_site(), target, fields);
      TestAnswer without = head_of(simple_site(), target, fields);
      EXPECT_EQ(without.head, with_body.head) << target;
      EXPECT_EQ(without.body.kind, AnswerBody::Kind::None) << target;
    }
  }
}

TEST(Answer, HeadIgnoresRange) {
  TestAnswer answer = head_of(simple_site(), "/logo.png", {{"Range", "bytes=0-1"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer["content-length"], "100");
}

TEST(Answer, TheSameRequestAlwaysGetsTheSameHead) {
  for (const char* target : {"/", "/docs?a=b", "/style.css", "/missing.js"})
    EXPECT_EQ(get(simple_site(), target).head, get(simple_site(), target).head);
}

TEST(Answer, EveryAnswerButA304HasAContentLength) {
  for (const char* target : {"/", "/docs", "/missing.js", "/%", "/style.css"})
    EXPECT_TRUE(get(simple_site(), target).has("content-length"));
}

TEST(Answer, SaysWhetherTheConnectionStays) {
  TestRequest request("/");
  EXPECT_FALSE(ask(simple_site().view, request).has("connection"));
  EXPECT_EQ(ask(simple_site().view, request, AfterAnswer::Close)["connection"], "close");
  request.head.minor_version = 0;
  EXPECT_EQ(ask(simple_site().view, request)["connection"], "keep-alive");
  EXPECT_EQ(ask(simple_site().view, request, AfterAnswer::Close)["connection"], "close");
}

TEST(Answer, PathsThatDoNotDecodeAreBadRequests) {
  for (const char* target :
       {"/%", "/%4", "/%zz", "/a%2", "/%ff", "/%c0%af", "/%ed%a0%80", "/%f4%90%80%80", "/a%00b", "/\xff"})
    EXPECT_EQ(get(simple_site(), target).status, 400) << target;
}

// Redirects.

TEST(Answer, AFolderWithoutItsSlashRedirectsPermanentlyAndKeepsTheQuery) {
  TestAnswer answer = get(simple_site(), "/docs?a=b&c=%20");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer["location"], "/docs/?a=b&c=%20");
  EXPECT_EQ(answer["content-length"], "0");
  EXPECT_EQ(answer["cache-control"], "public, max-age=0, must-revalidate");
  EXPECT_EQ(answer["x-content-type-options"], "nosniff");
  EXPECT_EQ(answer.body.kind, AnswerBody::Kind::None);
  EXPECT_EQ(get(simple_site(), "/docs?")["location"], "/docs/?");
  EXPECT_EQ(get(simple_site(), "/docs")["location"], "/docs/");
}

TEST(Answer, ARedirectNeverLeavesTheHost) {
  const TestSite site({{"evil/index.html"},
                       {"/evil/index.html"},
                       {"//evil/index.html"},
                       {"\\evil/index.html"},
                       {"a\r\nb/index.html"},
                       {"evil.com/%2e%2e/index.html"},
                       {"http:/evil/index.html"}});
  for (const char* target : {"/evil", "//evil", "///evil", "/\\evil", "/%5cevil", "/%2fevil", "/%2f%2fevil",
                             "/%2F%2Fevil", "/a%0d%0ab", "/http:/evil", "//evil?//evil.com"}) {
    TestAnswer answer = get(site, target);
    ASSERT_EQ(answer.status, 308) << target;
    std::string location = answer["location"];
    ASSERT_GE(location.size(), 2u);
    EXPECT_EQ(location[0], '/') << target;
    EXPECT_NE(location[1], '/') << target << " → " << location;
    EXPECT_EQ(location.find('\\'), std::string::npos) << target << " → " << location;
  }
  EXPECT_EQ(get(site, "/a%0d%0ab")["location"], "/a%0D%0Ab/");
}

TEST(Answer, ARedirectTargetIsEncodedAgain) {
  const TestSite site(
      {{"über uns/index.html"}, {"a+b&c=d/index.html"}, {"100%/index.html"}, {"what?/index.html"}, {"a#b/index.html"}});
  EXPECT_EQ(get(site, "/%C3%BCber%20uns")["location"], "/%C3%BCber%20uns/");
  EXPECT_EQ(get(site, "/a+b&c=d")["location"], "/a+b&c=d/");
  EXPECT_EQ(get(site, "/100%25")["location"], "/100%25/");
  EXPECT_EQ(get(site, "/what%3f?x")["location"], "/what%3F/?x");
  EXPECT_EQ(get(site, "/a%23b")["location"], "/a%23b/");
}

// Pages that are missing.

TEST(Answer, WithoutAnErrorPageAMissGetsAShortText) {
  TestAnswer answer = get(simple_site(), "/missing.js");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer["content-type"], "text/plain; charset=utf-8");
  EXPECT_EQ(answer["cache-control"], "no-cache");
  EXPECT_EQ(answer["x-content-type-options"], "nosniff");
  EXPECT_EQ(answer.body.kind, AnswerBody::Kind::Text);
  EXPECT_EQ(answer.body.length, answer.body.text.size());
}

TEST(Answer, AnErrorPageComesWithoutValidatorsAndIsNeverImmutable) {
  const TestSite site({{"404.html", "text/html; charset=utf-8", 800, true, "br"}});
  for (TestRequest::Fields fields : {TestRequest::Fields{},
                                     {{"If-None-Match", "*"}},
                                     {{"If-None-Match", etag_of("404.html")}},
                                     {{"If-Match", "\"x\""}},
                                     {{"Range", "bytes=0-1"}},
                                     {{"If-Modified-Since", "Thu, 16 Nov 2023 00:00:00 GMT"}}}) {
    TestAnswer answer = get(site, "/missing/page", fields);
    EXPECT_EQ(answer.head,
              "HTTP/1.1 404 Not Found\r\nServer: sitepod\r\nDate: Thu, 16 Nov 2023 02:00:00 GMT\r\n"
              "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nVary: Accept-Encoding\r\n"
              "Cache-Control: no-cache\r\nContent-Length: 800\r\n\r\n");
    EXPECT_EQ(answer.body.blob, digest_of("404.html"));
  }
  TestAnswer encoded = get(site, "/missing/page", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(encoded.status, 404);
  EXPECT_EQ(encoded["content-encoding"], "br");
  EXPECT_EQ(encoded["content-length"], "200");
  EXPECT_EQ(encoded.body.blob, digest_of("404.html.br"));
}

TEST(Answer, TheFallbackPageIsNotCached) {
  TestAnswer answer = get(simple_site(), "/some/route");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer["etag"], etag_of("index.html"));
  EXPECT_EQ(answer["cache-control"], "no-cache");
  TestAnswer unchanged = get(simple_site(), "/some/route", {{"If-None-Match", etag_of("index.html")}});
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged["cache-control"], "no-cache");
}

TEST(Answer, AFallbackNeedsANavigation) {
  const std::vector<std::pair<TestRequest::Fields, int>> cases = {
      {{}, 200},
      {{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}}, 200},
      {{{"Accept", "*/*"}}, 200},
      {{{"Accept", "application/json"}}, 404},
      {{{"Accept", "application/json"}, {"Accept", "text/html"}}, 200},
      {{{"Accept", "image/avif,image/webp"}}, 404},
      {{{"Accept", "text/html;q=0"}}, 404},
      {{{"Sec-Fetch-Mode", "navigate"}}, 200},
      {{{"Sec-Fetch-Mode", "cors"}, {"Accept", "*/*"}}, 404},
      {{{"Sec-Fetch-Mode", "no-cors"}}, 404},
      {{{"Sec-Fetch-Mode", "navigate"}, {"Accept", "application/json"}}, 404},
  };
  for (const auto& [fields, status] : cases) {
    EXPECT_EQ(get(simple_site(), "/some/route", fields).status, status) << (fields.empty() ? "" : fields[0].second);
    EXPECT_EQ(head_of(simple_site(), "/some/route", fields).status, status);
    EXPECT_EQ(get(simple_site(), "/about", fields).status, 200) << "a file that exists asks no such questions";
  }
}

// Conditional requests and ranges together: RFC 9110 §13.2.2.

TEST(Answer, ANotModifiedAnswerCarriesEtagCachingAndVary) {
  TestAnswer answer = get(simple_site(), "/style.css", {{"If-None-Match", etag_of("style.css")}});
  EXPECT_EQ(answer.head,
            "HTTP/1.1 304 Not Modified\r\nServer: sitepod\r\nDate: Thu, 16 Nov 2023 02:00:00 GMT\r\n"
            "ETag: " +
                etag_of("style.css") +
                "\r\nVary: Accept-Encoding\r\n"
                "Cache-Control: public, max-age=0, must-revalidate\r\n\r\n");
  EXPECT_EQ(answer.body.kind, AnswerBody::Kind::None);
  EXPECT_FALSE(get(simple_site(), "/logo.png", {{"If-None-Match", "*"}}).has("vary"));
}

TEST(Answer, TheEtagIsThatOfTheChosenEncoding) {
  TestRequest::Fields brotli{{"Accept-Encoding", "br"}};
  EXPECT_EQ(get(simple_site(), "/style.css", brotli)["etag"], etag_of("style.css.br"));
  auto conditional = [&](const std::string& etag) {
    return get(simple_site(), "/style.css", {{"Accept-Encoding", "br"}, {"If-None-Match", etag}}).status;
  };
  EXPECT_EQ(conditional(etag_of("style.css.br")), 304);
  EXPECT_EQ(conditional("W/" + etag_of("style.css.br")), 304);
  EXPECT_EQ(conditional(etag_of("style.css")), 200);
}

TEST(Answer, AFailedPreconditionIs412) {
  TestAnswer answer = get(simple_site(), "/logo.png", {{"If-Match", "\"other\""}});
  EXPECT_EQ(answer.status, 412);
  EXPECT_EQ(answer["cache-control"], "no-cache");
  EXPECT_EQ(
      get(simple_site(), "/logo.png", {{"If-Match", "\"other\""}, {"If-None-Match", "*"}, {"Range", "bytes=500-"}})
          .status,
      412);
}

TEST(Answer, APartSaysWhatItIsAPartOf) {
  TestAnswer answer = get(simple_site(), "/style.css", {{"Range", "bytes=100-199"}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer["content-range"], "bytes 100-199/3000");
  EXPECT_EQ(answer["content-length"], "100");
  EXPECT_EQ(answer["etag"], etag_of("style.css"));
  EXPECT_EQ(answer["vary"], "Accept-Encoding");
  EXPECT_EQ(answer["content-type"], "text/css; charset=utf-8");
  EXPECT_EQ(answer["last-modified"], "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(answer["cache-control"], "public, max-age=0, must-revalidate");
  EXPECT_FALSE(answer.has("content-encoding"));
  EXPECT_EQ(answer.body.blob, digest_of("style.css"));
  EXPECT_EQ(answer.body.offset, 100u);
  EXPECT_EQ(answer.body.length, 100u);
  EXPECT_EQ(answer.body.blob_size, 3000u);
}

TEST(Answer, ARangeThatDoesNotExistIs416) {
  TestAnswer answer = get(simple_site(), "/logo.png", {{"Range", "bytes=100-"}});
  EXPECT_EQ(answer.status, 416);
  EXPECT_EQ(answer["content-range"], "bytes */100");
  EXPECT_EQ(answer["cache-control"], "no-cache");
  EXPECT_FALSE(answer.has("etag"));
}

TEST(Answer, RangesOfEveryForm) {
  struct Case {
    const char* range;
    int status;
    const char* content_range;
    std::uint64_t length;
  };
  for (const Case& c : std::initializer_list<Case>{{"bytes=0-0", 206, "bytes 0-0/100", 1},
                                                   {"bytes=0-99", 206, "bytes 0-99/100", 100},
                                                   {"bytes=0-100000", 206, "bytes 0-99/100", 100},
                                                   {"bytes=99-", 206, "bytes 99-99/100", 1},
                                                   {"bytes=-1", 206, "bytes 99-99/100", 1},
                                                   {"bytes=-1000", 206, "bytes 0-99/100", 100},
                                                   {"bytes=-0", 416, "bytes */100", 0},
                                                   {"bytes=100-100", 416, "bytes */100", 0},
                                                   {"bytes=2-1", 200, "(absent)", 100},
                                                   {"bytes=", 200, "(absent)", 100},
                                                   {"bytes=a-b", 200, "(absent)", 100},
                                                   {"lines=0-1", 200, "(absent)", 100},
                                                   {"bytes=0-1,5-6", 200, "(absent)", 100}}) {
    TestAnswer answer = get(simple_site(), "/logo.png", {{"Range", c.range}});
    EXPECT_EQ(answer.status, c.status) << c.range;
    EXPECT_EQ(answer["content-range"], c.content_range) << c.range;
    if (c.status != 416) {
      EXPECT_EQ(answer.body.length, c.length) << c.range;
    }
  }
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}).status, 200);
}

TEST(Answer, IfRangeDecidesWhetherTheRangeCounts) {
  const std::vector<std::pair<std::string, int>> cases = {
      {etag_of("style.css"), 206},
      {"W/" + etag_of("style.css"), 200},
      {etag_of("style.css.gz"), 200},
      {"\"other\"", 200},
      {"Tue, 14 Nov 2023 22:13:20 GMT", 206},
      {"Tue, 14 Nov 2023 22:13:21 GMT", 200},
      {"Tue, 14 Nov 2023 22:13:19 GMT", 200},
      {"nonsense", 200},
      {etag_of("style.css") + ", " + etag_of("style.css"), 200},
  };
  for (const auto& [if_range, status] : cases) {
    TestAnswer answer =
        get(simple_site(), "/style.css", {{"Range", "bytes=1-2"}, {"If-Range", if_range}, {"Accept-Encoding", "gzip"}});
    EXPECT_EQ(answer.status, status) << if_range;
    // A range that does not count leaves an ordinary answer, negotiation included.
    EXPECT_EQ(answer["content-encoding"], status == 200 ? "gzip" : "(absent)") << if_range;
  }
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=500-"}, {"If-Range", "\"other\""}}).status, 200);
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"If-Range", "\"other\""}}).status, 200);
}

TEST(Answer, PreconditionsComeBeforeTheRange) {
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=0-1"}, {"If-None-Match", etag_of("logo.png")}}).status,
            304);
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=500-"}, {"If-None-Match", etag_of("logo.png")}}).status,
            304);
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=0-1"}, {"If-Match", etag_of("logo.png")}}).status, 206);
  EXPECT_EQ(get(simple_site(), "/logo.png", {{"Range", "bytes=0-1"}, {"If-None-Match", "\"other\""}}).status, 206);
}

// Previews and empty sites.

TEST(Answer, APreviewIsNeverIndexedNorCached) {
  TestSite site(
      {{"index.html"}, {"docs/index.html"}, {"app.0123abcd.js", "text/javascript", 10, true}, {"sub/404.html"}});
  site.view.is_preview = true;
  const std::vector<std::pair<TestAnswer, int>> answers = {
      {get(site, "/"), 200},
      {get(site, "/app.0123abcd.js"), 200},
      {get(site, "/docs"), 308},
      {get(site, "/route"), 200},
      {get(site, "/missing.js"), 404},
      {get(site, "/sub/missing.js"), 404},
      {get(site, "/%ff"), 400},
      {get(site, "/", {{"If-None-Match", "*"}}), 304},
      {get(site, "/", {{"If-Match", "\"x\""}}), 412},
      {get(site, "/", {{"Range", "bytes=0-1"}}), 206},
      {get(site, "/", {{"Range", "bytes=5000-"}}), 416},
      {ask(site.view, TestRequest("/", {}, http::Method::Post)), 405},
  };
  for (const auto& [answer, status] : answers) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer["x-robots-tag"], "noindex") << answer.head;
    EXPECT_EQ(answer["cache-control"], "no-cache") << answer.head;
  }
}

TEST(Answer, OutsidePreviewsThereIsNoRobotsTag) { EXPECT_FALSE(get(simple_site(), "/").has("x-robots-tag")); }

TEST(Answer, APreviewUnderAPathRedirectsWithinIt) {
  TestSite site({{"index.html"}, {"docs/index.html"}, {"\\evil/index.html"}});
  site.view.is_preview = true;
  auto ask_below = [&](std::string target) {
    return ask(site.view, TestRequest(std::move(target)), AfterAnswer::KeepAlive, "/__preview__/abc");
  };
  EXPECT_EQ(ask_below("/__preview__/abc/").status, 200);
  EXPECT_EQ(ask_below("/__preview__/abc/docs/").status, 200);
  EXPECT_EQ(ask_below("/__preview__/abc/docs?x")["location"], "/__preview__/abc/docs/?x");
  EXPECT_EQ(ask_below("/__preview__/abc")["location"], "/__preview__/abc/");
  EXPECT_EQ(ask_below("/__preview__/abc?x=1")["location"], "/__preview__/abc/?x=1");
}

TEST(Answer, ASiteWithoutAReleaseSaysSo) {
  SiteView empty;
  for (const char* target : {"/", "/index.html", "/a/b.js"}) {
    TestAnswer answer = ask(empty, TestRequest(target, {{"Host", "secret.example.com"}}));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer["content-type"], "text/html; charset=utf-8");
    EXPECT_EQ(answer["cache-control"], "no-cache");
    EXPECT_NE(answer.body.text.find("Nothing is released here"), std::string_view::npos);
    EXPECT_EQ(answer.body.text.find("secret"), std::string_view::npos);
  }
  EXPECT_EQ(ask(empty, TestRequest("/", {}, http::Method::Post)).status, 405);
}

TEST(Answer, OldChunksAreServedFromRecentImages) {
  TestSite old({{"index.html", "text/html; charset=utf-8", 1, true},
                {"old.html", "text/html; charset=utf-8", 1, true},
                {"assets/page.1a2b3c4d.bin", "Text/HTML", 1, true},
                {"assets/page.1a2b3c4d.xhtml", "application/xhtml+xml", 1, true},
                {"assets/index-DkfhJslw.css", "text/css", 1, true},
                {"assets/index-Dk-h_slw.js.map", "application/json", 1, true},
                {"assets/logo.png", "image/png", 1, true},
                {"assets/my-component.js", "text/javascript", 1, true},
                {"plain.js", "text/javascript", 1, false},
                {"app.00000000.js", "text/javascript", 11, true}});
  TestSite site({{"index.html"}, {"app.11111111.js", "text/javascript", 12, true}});
  EXPECT_EQ(get(site, "/app.00000000.js").status, 404);
  site.view.recent.push_back(old.view.index);
  TestAnswer answer = get(site, "/app.00000000.js");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer["cache-control"], "public, max-age=31536000, immutable");
  EXPECT_EQ(get(site, "/plain.js").status, 404) << "only fingerprinted files come back";
  EXPECT_EQ(get(site, "/old.html").status, 404) << "HTML never does";
  EXPECT_EQ(get(site, "/assets/page.1a2b3c4d.bin").status, 404) << "whatever its owner calls it";
  EXPECT_EQ(get(site, "/assets/page.1a2b3c4d.xhtml").status, 404);
  EXPECT_EQ(get(site, "/assets/index-DkfhJslw.css").status, 200);
  EXPECT_EQ(get(site, "/assets/index-Dk-h_slw.js.map").status, 200);
  for (const char* left_out : {"/assets/logo.png", "/assets/my-component.js"})
    EXPECT_EQ(get(site, left_out).status, 404) << left_out;
  EXPECT_EQ(get(site, "/app.22222222.js")["cache-control"], "no-cache")
      << "what was never there is not missing for ever";
  EXPECT_EQ(get(site, "/")["content-length"], "1000");
}

TEST(PlainAnswer, IsShortFixedAndCloses) {
  const http::StatusLines status_lines(kNow);
  for (int status : {400, 404, 408, 413, 414, 417, 431, 500, 501, 503, 505}) {
    std::string head;
    AnswerBody body = answer_plainly(status, AnswerFrame{status_lines, AfterAnswer::Close}, head);
    TestAnswer answer = take_apart(head, body);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer["connection"], "close");
    EXPECT_EQ(answer["content-type"], "text/plain; charset=utf-8");
    EXPECT_EQ(answer["x-content-type-options"], "nosniff");
    EXPECT_EQ(answer["cache-control"], "no-cache");
    EXPECT_EQ(answer["content-length"], std::to_string(body.text.size()));
    std::string head_only;
    EXPECT_EQ(answer_plainly(status, AnswerFrame{status_lines, AfterAnswer::Close, true}, head_only).kind,
              AnswerBody::Kind::None);
    EXPECT_EQ(head_only, head);
    std::string old;
    AnswerBody old_body = answer_plainly(status, AnswerFrame{status_lines, AfterAnswer::KeepAlive, false, true}, old);
    EXPECT_EQ(take_apart(old, old_body)["connection"], "keep-alive");
  }
}

}  // namespace
}  // namespace sitepod::serve
