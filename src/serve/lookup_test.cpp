#include "serve/lookup.hpp"

#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

using Kind = Found::Kind;

// "file x", "fallback x", "error x", "redirect", "nothing".
std::string look_up(const TestSite& site, std::string_view target, IsNavigation navigation = IsNavigation::Yes) {
  LookupPath path;
  if (!path.decode(target)) return "bad";
  Found found = find_page(site.view, path);
  if (found.kind == Kind::Nothing) found = find_substitute(site.view, path, navigation);
  std::string entry = found.entry ? " " + std::string(found.entry->path()) : "";
  switch (found.kind) {
    case Kind::File:
      return "file" + entry;
    case Kind::Fallback:
      return "fallback" + entry;
    case Kind::Redirect:
      return "redirect" + entry;
    case Kind::ToPage:
      return "to page" + entry;
    case Kind::ErrorPage:
      return "error" + entry;
    case Kind::Nothing:
      return "nothing" + entry;
  }
  return "";
}

using Cases = std::vector<std::pair<std::string, std::string>>;
void expect_all(const TestSite& site, const Cases& cases) {
  for (const auto& [target, expected] : cases) EXPECT_EQ(look_up(site, target), expected) << target;
}

TEST(Lookup, TriesTheExactNameThenTheFolderThenThePage) {
  const TestSite site({{"404.html"},
                       {"index.html"},
                       {"blog.html"},
                       {"docs/index.html"},
                       {"docs.html"},
                       {"both"},
                       {"both/index.html"},
                       {"both.html"},
                       {"a.b/index.html"},
                       {"data.json", "application/json"}});
  expect_all(site, {{"/", "file index.html"},
                    {"/index.html", "file index.html"},
                    {"/index", "file index.html"},
                    {"/blog", "file blog.html"},
                    {"/blog.html", "file blog.html"},
                    {"/blog/", "to page"},
                    {"/docs", "redirect"},
                    {"/docs/", "file docs/index.html"},
                    {"/docs/index.html", "file docs/index.html"},
                    {"/docs/index", "file docs/index.html"},
                    {"/docs.html", "file docs.html"},
                    {"/both", "file both"},
                    {"/both/", "file both/index.html"},
                    {"/a.b", "redirect"},
                    {"/data.json", "file data.json"},
                    {"/data", "error 404.html"},
                    {"/data.json/", "error 404.html"},
                    {"/Blog", "error 404.html"},
                    {"//", "error 404.html"},
                    {"//blog", "error 404.html"},
                    {"/blog//", "error 404.html"},
                    {"/docs//", "error 404.html"},
                    {"/./blog", "error 404.html"},
                    {"/docs/../blog", "error 404.html"},
                    {"/docs/%2e%2e/blog", "error 404.html"},
                    {"/..%2f..%2fetc/passwd", "error 404.html"}});
}

TEST(Lookup, DecodesThePathOnce) {
  const TestSite site({{"404.html"},
                       {"file+&=.html"},
                       {"with space.txt"},
                       {"UPPERCASE.HTML"},
                       {"100%.txt"},
                       {"%41.txt"},
                       {"日本語/ページ.html"},
                       {"a/b.txt"},
                       {"émoji 😀.html"}});
  expect_all(site, {{"/file+&=.html", "file file+&=.html"},
                    {"/file%2B%26%3D.html", "file file+&=.html"},
                    {"/file%2b&=", "file file+&=.html"},
                    {"/file%20&=.html", "error 404.html"},
                    {"/with%20space.txt", "file with space.txt"},
                    {"/with+space.txt", "error 404.html"},
                    {"/UPPERCASE.HTML", "file UPPERCASE.HTML"},
                    {"/uppercase.html", "error 404.html"},
                    {"/UPPERCASE", "error 404.html"},
                    {"/100%25.txt", "file 100%.txt"},
                    {"/%2541.txt", "file %41.txt"},
                    {"/%41.txt", "error 404.html"},
                    {"/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E3%83%9A%E3%83%BC%E3%82%B8", "file 日本語/ページ.html"},
                    {"/日本語/ページ.html", "file 日本語/ページ.html"},
                    {"/%e6%97%a5%e6%9c%ac%e8%aa%9e/%e3%83%9a%e3%83%bc%e3%82%b8.html", "file 日本語/ページ.html"},
                    {"/a%2Fb.txt", "file a/b.txt"},
                    {"/a%2fb%2Etxt", "file a/b.txt"},
                    {"/%C3%A9moji%20%F0%9F%98%80", "file émoji 😀.html"},
                    {"/e%CC%81moji%20%F0%9F%98%80", "error 404.html"},
                    {"/%", "bad"},
                    {"/%00", "bad"},
                    {"/%80", "bad"}});
}

TEST(Lookup, EncodedPathsFindFoldersPagesAndErrorPagesToo) {
  const TestSite site({{"ü/index.html"}, {"ö.html"}, {"ä/404.html"}, {"404.html"}});
  expect_all(site, {{"/%C3%BC", "redirect"},
                    {"/%C3%BC/", "file ü/index.html"},
                    {"/%C3%B6", "file ö.html"},
                    {"/%C3%A4/x/y.js", "error ä/404.html"},
                    {"/%C3%A4/x%2Fy", "error ä/404.html"},
                    {"/%C3%A4%2F", "error ä/404.html"}});
}

TEST(Lookup, ASiteOfOnePageAnswersItsRoutes) {
  const TestSite site({{"index.html"}, {"app.js", "text/javascript"}});
  expect_all(site, {{"/route", "fallback index.html"},
                    {"/route/", "fallback index.html"},
                    {"/a/b/c", "fallback index.html"},
                    {"/a.b/c", "fallback index.html"},
                    {"/user.name/", "fallback index.html"},
                    {"/a/b.c", "nothing"},
                    {"/missing.js", "nothing"},
                    {"/assets/missing.css", "nothing"},
                    {"/.well-known", "nothing"},
                    {"/file.", "nothing"}});
  EXPECT_EQ(look_up(site, "/route", IsNavigation::No), "nothing");
}

TEST(Lookup, A404PageDisablesTheIndexAsFallbackButNotTheShell) {
  expect_all(TestSite({{"index.html"}, {"404.html"}}), {{"/route", "error 404.html"}});
  expect_all(TestSite({{"index.html"}, {"404.html"}, {"200.html"}}),
             {{"/route", "fallback 200.html"}, {"/missing.js", "error 404.html"}});
  expect_all(TestSite({{"index.html"}, {"200.html"}}), {{"/route", "fallback 200.html"}, {"/", "file index.html"}});
  expect_all(TestSite({{"index.html"}, {"docs/404.html"}}),
             {{"/route", "fallback index.html"}, {"/docs/x.js", "error docs/404.html"}});
  expect_all(TestSite({{"200.html"}}), {{"/", "fallback 200.html"}});
  EXPECT_EQ(look_up(TestSite({{"404.html"}, {"200.html"}}), "/route", IsNavigation::No), "error 404.html");
}

TEST(Lookup, AMissingFileNeverGetsTheShell) {
  const TestSite site({{"index.html"}, {"200.html"}});
  for (const char* target : {"/a.js", "/a.css", "/a.PNG", "/x/y/z.map", "/a.html", "/v1.0"})
    EXPECT_EQ(look_up(site, target), "nothing") << target;
}

TEST(Lookup, FindsTheNearestErrorPageUpTheTree) {
  const TestSite site({{"404.html"}, {"docs/404.html"}, {"docs/api/v2/404.html"}});
  expect_all(site, {{"/x", "error 404.html"},
                    {"/docs", "error 404.html"},
                    {"/docs/", "error docs/404.html"},
                    {"/docs/x", "error docs/404.html"},
                    {"/docs/api/x", "error docs/404.html"},
                    {"/docs/api/v2/x", "error docs/api/v2/404.html"},
                    {"/docs/api/v2/deep/er/x.js", "error docs/api/v2/404.html"},
                    {"/docs/api/v3/deep/er/x.js", "error docs/404.html"},
                    {"/docsx/y", "error 404.html"}});
  EXPECT_EQ(look_up(TestSite({{"a/404.html"}}), "/b/c.js"), "nothing");
}

TEST(Lookup, TakesTheLongestTarget) {
  const std::string long_name(http::kMaxTargetBytes - 1, 'a');
  const TestSite site({{"404.html"}, {"docs/404.html"}, {long_name + "/index.html"}});
  EXPECT_EQ(look_up(site, "/" + long_name), "redirect");
  EXPECT_EQ(look_up(site, "/" + std::string(http::kMaxTargetBytes - 1, '/')), "error 404.html");
  std::string nested = "/docs/";
  while (nested.size() < http::kMaxTargetBytes) nested += "a/";
  EXPECT_EQ(look_up(site, nested), "error docs/404.html");
  std::string encoded = "/";
  while (encoded.size() + 3 <= http::kMaxTargetBytes) encoded += "%2F";
  EXPECT_EQ(look_up(site, encoded), "error 404.html");
}

TEST(Lookup, FollowsTwelveLevelsOfFolders) {
  const TestSite site({{"a/b/c/d/e/f/g/h/i/j/k/l/index.html"}});
  expect_all(site, {{"/a/b/c/d/e/f/g/h/i/j/k/l/", "file a/b/c/d/e/f/g/h/i/j/k/l/index.html"},
                    {"/a/b/c/d/e/f/g/h/i/j/k/l", "redirect"}});
}

}  // namespace
}  // namespace sitepod::serve
