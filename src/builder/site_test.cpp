#include "builder/site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "builder/look.hpp"
#include "builder/outline.hpp"
#include "builder/site_fixture.hpp"
#include "builder/theme.hpp"

namespace sitepod::builder {
namespace {

using model::ContentType;
using model::Switch;
using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

BuiltSite build(const Site& site, BuildCache& cache, unsigned threads = 2) {
  auto built = build_site(site, cache, threads);
  EXPECT_TRUE(built.ok()) << (built.ok() ? "" : built.error().message);
  return built.ok() ? std::move(*built) : BuiltSite{};
}

BuiltSite build(const Site& site, unsigned threads = 2) {
  BuildCache cache;
  return build(site, cache, threads);
}

model::Page& page_of(Site& site, std::string_view slug) {
  return change_page(
      *std::find_if(site.pages.begin(), site.pages.end(), [&](const SharedPage& page) { return page->slug == slug; }));
}

AssertionResult has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos ? AssertionSuccess()
                                              : AssertionFailure() << "no " << part << " in:\n"
                                                                   << text;
}
AssertionResult lacks(const std::string& text, std::string_view part) {
  return text.find(part) == std::string::npos ? AssertionSuccess() : AssertionFailure() << part << " is in:\n" << text;
}

void expect_same_files(const BuiltSite& a, const BuiltSite& b) {
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    EXPECT_EQ(a.files[i].path, b.files[i].path);
    EXPECT_EQ(*a.files[i].bytes, *b.files[i].bytes) << a.files[i].path;
    EXPECT_EQ(a.files[i].digest, sha256(*b.files[i].bytes)) << a.files[i].path;
  }
}

TEST(Theme, CompilesTheDefaultTheme) { ASSERT_TRUE(default_theme().ok()) << default_theme().error().message; }

TEST(BuildSite, PutsEveryPageWhereItsAddressIsLookedUp) {
  const BuiltSite built = build(sample_site());
  for (const char* path : {"docs/intro.html",
                           "docs/api/list-users.html",
                           "blog/measure-first.html",
                           "about.html",
                           "guides/ios/widgets.html",
                           "index.html",
                           "docs/index.html",
                           "docs/api/index.html",
                           "blog/index.html",
                           "blog/releases/index.html",
                           "guides/index.html",
                           "guides/ios/index.html",
                           "tags/index.html",
                           "tags/small-things/index.html",
                           "tags/craft/rss.xml",
                           "authors/index.html",
                           "authors/ada-marsh/index.html",
                           "search/index.html",
                           "search/index.json",
                           "search/parts.json",
                           "404.html",
                           "rss.xml",
                           "atom.xml",
                           "feed.json",
                           "sitemap.xml",
                           "robots.txt",
                           "llms.txt",
                           "docs/intro.md"})
    EXPECT_NE(find_file(built, path), nullptr) << path;
  EXPECT_TRUE(std::is_sorted(built.files.begin(), built.files.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));
}

TEST(BuildSite, MakesEqualBytesForAnyOrderOfPages) {
  Site site = sample_site();
  const BuiltSite first = build(site);
  std::mt19937 random(7);
  for (int i = 0; i < 3; ++i) {
    std::shuffle(site.pages.begin(), site.pages.end(), random);
    std::shuffle(site.authors.begin(), site.authors.end(), random);
    expect_same_files(first, build(site));
  }
}

TEST(BuildSite, MakesEqualBytesForAnyNumberOfThreadsLocaleAndTimeZone) {
  const BuiltSite first = build(sample_site(), 1);
  expect_same_files(first, build(sample_site(), 4));
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  ASSERT_EQ(setenv("TZ", "Pacific/Auckland", 1), 0);
  tzset();
  for (const char* other : {"de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8"}) std::setlocale(LC_ALL, other);
  expect_same_files(first, build(sample_site(), 2));
  std::setlocale(LC_ALL, locale.c_str());
  unsetenv("TZ");
  tzset();
}

TEST(BuildSite, RendersOnlyWhatChanged) {
  Site site = sample_site();
  BuildCache cache;
  const BuiltSite first = build(site, cache);
  EXPECT_EQ(first.pages_rendered, site.pages.size() + 1);  // the protected page is two files
  EXPECT_EQ(build(site, cache).pages_rendered, 0U);
  page_of(site, "about").content = "Somebody else writes here.\n";
  const BuiltSite changed = build(site, cache);
  EXPECT_EQ(changed.pages_rendered, 1U);
  expect_same_files(changed, build(site));
}

// Whatever the owner does between two builds, the second makes what it would make of nothing.
TEST(BuildSite, MakesEqualBytesWithWhateverItRemembers) {
  const std::vector<std::function<void(Site&)>> changes = {
      [](Site& site) { page_of(site, "about").content += "\n\nMore, and [a link](/docs/api/list-users#errors).\n"; },
      [](Site& site) { page_of(site, "about").updated_at = at(2025, 7, 8, 9); },
      // Ends of texts, which show in no list.
      [](Site& site) {
        auto& page = page_of(site, "features");
        page.content += "\n\nThe end is another.\n";
        page.updated_at += std::chrono::hours(25);
      },
      [](Site& site) { page_of(site, "features").content += "\n\n$y$\n"; },
      [](Site& site) {
        auto& page = page_of(site, "on-quiet-software");
        page.content += "\n\nAn afterthought.\n";
        page.updated_at += std::chrono::hours(25);
      },
      [](Site& site) { page_of(site, "features").tags = {"craft"}; },
      [](Site& site) { page_of(site, "features").updated_at += std::chrono::hours(25); },
      [](Site& site) { page_of(site, "list-users").content = "## Failures\n\nSome. [[Features]]\n"; },
      [](Site& site) { page_of(site, "on-quiet-software").content = "Another beginning.\n\n## Noise\n\n$x$\n"; },
      [](Site& site) { page_of(site, "for-friends").content = "The treasure was moved.\n"; },
      [](Site& site) { page_of(site, "features").content = "```mermaid\ngraph LR\n```\n\n![](/media/ab/abcd.webp)\n"; },
      [](Site& site) { page_of(site, "intro").title = "Where to begin"; },
      [](Site& site) { page_of(site, "intro").order = 9; },
      [](Site& site) {
        page_of(site, "measure-first").tags = {"craft", "new"};
      },
      [](Site& site) { page_of(site, "measure-first").look.primary_color = "#a03020"; },
      [](Site& site) { page_of(site, "for-friends").password_hash = "$argon2id$other"; },
      [](Site& site) {
        page_of(site, "about").aliases = {"/who", "/them"};
      },
      [](Site& site) { add_page(site, make_page(model::ContentType::kDocs, "", "api", "The API", "Overview.\n")); },
      [](Site& site) { page_of(site, "delete-user").content = "Below the [overview](/docs/api/).\n"; },
      [](Site& site) {
        auto& home = add_page(site, make_page(model::ContentType::kHomepage, "", "index", "Home", "Hello.\n"));
        home.show_listings = true;
      },
      [](Site& site) { page_of(site, "measure-first").content = "Twice.\n"; },
      [](Site& site) { site.settings.title = "Other notes"; },
      [](Site& site) { site.settings.look.code_theme_light = "github"; },
      [](Site& site) {
        site.settings.footer = {{"Imprint", "/about"}};
      },
      [](Site& site) { site.authors[0].bio = "Writes no more."; },
      [](Site& site) {
        if (!site.media.empty()) site.media[0].width = 800;
      },
      [](Site& site) { site.media.clear(); },
      [](Site& site) { site.base_url = "https://elsewhere.example"; },
      [](Site& site) { std::erase_if(site.pages, [](const SharedPage& page) { return page->slug == "widgets"; }); },
  };
  Site site = sample_site();
  BuildCache cache;
  std::map<std::string, std::string> written;  // by digest: a sink sees each file once
  std::mutex mutex;
  const FileSink sink = [&](const std::string&, const std::string& bytes, const Digest& digest) {
    const std::lock_guard lock(mutex);
    written[digest.hex()] = bytes;
    return Result<void>();
  };
  std::mt19937 random(11);
  for (std::size_t round = 0; round < 3 * changes.size(); ++round) {
    const std::size_t which = round < changes.size() ? round : random() % changes.size();
    SCOPED_TRACE("change " + std::to_string(which));
    const std::size_t pages = site.pages.size();
    Site changed = site;
    changes[which](changed);
    // What adds or removes a page is done once: each address is there once.
    if (round == which || changed.pages.size() == pages) site = std::move(changed);
    const auto built = build_site(site, cache, 2, std::chrono::steady_clock::time_point::max(), sink);
    ASSERT_TRUE(built.ok()) << built.error().message;
    const BuiltSite fresh = build(site);
    ASSERT_EQ(built->files.size(), fresh.files.size());
    for (std::size_t i = 0; i < fresh.files.size(); ++i) {
      EXPECT_EQ(built->files[i].path, fresh.files[i].path);
      EXPECT_EQ(written[built->files[i].digest.hex()], *fresh.files[i].bytes) << fresh.files[i].path;
      EXPECT_EQ(built->files[i].size, fresh.files[i].size);
      EXPECT_EQ(built->files[i].bytes, nullptr);
    }
    ASSERT_EQ(built->broken_links.size(), fresh.broken_links.size());
    for (std::size_t i = 0; i < fresh.broken_links.size(); ++i)
      EXPECT_EQ(built->broken_links[i].page + built->broken_links[i].target,
                fresh.broken_links[i].page + fresh.broken_links[i].target);
  }
}

TEST(BuildSite, StandsAsItWasAfterATextThatCannotBeBuilt) {
  Site site = sample_site();
  BuildCache cache;
  build(site, cache);
  const auto over = std::chrono::steady_clock::now();
  const Site before = site;
  page_of(site, "about").content = "New.\n";
  EXPECT_EQ(build_site(site, cache, 1, over).error().code, "build_took_too_long");
  EXPECT_EQ(build(before, cache).pages_rendered, 0U);
  EXPECT_EQ(build(site, cache).pages_rendered, 1U);
}

TEST(BuildSite, RendersTheNeighboursOfAPageWithANewTitle) {
  Site site = sample_site();
  BuildCache cache;
  EXPECT_TRUE(lacks(text_of(build(site, cache), "blog/on-quiet-software.html"), "Measure twice"));
  page_of(site, "measure-first").title = "Measure twice";
  const BuiltSite changed = build(site, cache);
  EXPECT_LT(changed.pages_rendered, site.pages.size());
  EXPECT_TRUE(has(text_of(changed, "blog/on-quiet-software.html"), "Measure twice"));
  expect_same_files(changed, build(site));
}

TEST(BuildSite, KeepsTheTextOfAProtectedPageOutOfEveryPublicFile) {
  const BuiltSite built = build(sample_site());
  ASSERT_EQ(built.rules.locks.size(), 1U);
  const model::LockRule& lock = built.rules.locks[0];
  EXPECT_EQ(lock.file, "blog/for-friends.html");
  EXPECT_TRUE(lock.text.starts_with("_sitepod/locked/"));
  EXPECT_TRUE(has(text_of(built, lock.text), "The treasure lies under the oak."));
  EXPECT_TRUE(has(text_of(built, "_sitepod/rules"), "lock\tblog/for-friends.html\t" + lock.text + "\t$argon2id$"));
  for (const BuiltFile& file : built.files) {
    if (file.path.starts_with("_sitepod/")) continue;
    EXPECT_TRUE(lacks(*file.bytes, "treasure")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "Where the oak")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "hidden description")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "argon2id")) << file.path;
  }
  EXPECT_TRUE(has(text_of(built, "blog/for-friends.html"), "protected by a password"));
  EXPECT_TRUE(has(text_of(built, "blog/for-friends.html"), "<form class=\"unlock\" method=\"post\">"));
  EXPECT_TRUE(has(text_of(built, "blog/for-friends.html"), "<p class=\"unlock-wrong\" hidden>"))
      << "what serve/unlock.cpp looks for";
  EXPECT_TRUE(has(text_of(built, "blog/for-friends.html"), "<meta name=\"robots\" content=\"noindex\">"));
  EXPECT_EQ(find_file(built, "blog/for-friends.md"), nullptr);
}

// The path of the picture that the page announces.
std::string social_image_of(const BuiltSite& built, std::string_view path) {
  const std::string text = text_of(built, path);
  const std::string before = "<meta property=\"og:image\" content=\"";
  const std::size_t begin = text.find(before);
  if (begin == std::string::npos) return "";
  return text.substr(begin + before.size(), text.find('"', begin + before.size()) - begin - before.size());
}

TEST(BuildSite, AnnouncesAPictureForEveryPageThatNamesNone) {
  Site site = sample_site();
  site.social_images = true;
  page_of(site, "measure-first").og_image_url = "/media/ab/cover.webp";
  const BuiltSite built = build(site);
  std::set<std::string> announced;
  for (const BuiltFile& file : built.files) {
    if (!file.path.ends_with(".html") || file.path.starts_with(model::kReservedFolder)) continue;
    announced.insert(social_image_of(built, file.path));
    EXPECT_TRUE(has(*file.bytes, "<meta name=\"twitter:card\" content=\"summary_large_image\">")) << file.path;
  }
  EXPECT_EQ(announced.erase(site.base_url + "/media/ab/cover.webp"), 1U);
  EXPECT_EQ(announced.size(), built.social_images.size());
  for (const SocialImage& image : built.social_images)
    EXPECT_TRUE(announced.contains(site.base_url + "/" + image.path)) << image.title;
  EXPECT_TRUE(has(text_of(built, "docs/intro.html"), "<meta property=\"og:image:width\" content=\"1200\">"));
  EXPECT_TRUE(lacks(text_of(built, "blog/measure-first.html"), "og:image:width"));
}

TEST(BuildSite, DescribesAPageByItsSentencesAndNotByItsHeadings) {
  const auto described = [](std::string content) {
    Site site = sample_site();
    model::Page& page = page_of(site, "measure-first");
    page.description.clear();
    page.content = std::move(content);
    const std::string text = text_of(build(site), "blog/measure-first.html");
    const std::string_view start = "<meta name=\"description\" content=\"";
    const std::size_t from = text.find(start);
    return from == std::string::npos
               ? ""
               : text.substr(from + start.size(), text.find('"', from + start.size()) - from - start.size());
  };
  EXPECT_EQ(described("## Why\n\nGuesses are wrong.\n\n## How `much`\n\nMeasure.\n"), "Guesses are wrong. Measure.");
  EXPECT_EQ(described("##\n\n## Why\n\nGuesses are wrong.\n"), "Guesses are wrong.");
  const std::string enough = "What stands before the first heading is enough when it is long enough.";
  EXPECT_EQ(described(enough + "\n\n## Why\n\nMore.\n"), enough);
  EXPECT_TRUE(
      described("## Many\n\n" + std::string(90, 'x') + "\n\n" + std::string(88, 'y') + "\n\nEnd.\n").ends_with("…"));
  EXPECT_EQ(described("## Only\n\n## Headings\n"), "Only Headings");
}

TEST(BuildSite, NamesAPictureByWhatItShows) {
  Site site = sample_site();
  site.social_images = true;
  const BuiltSite first = build(site);
  page_of(site, "intro").content += "\n\nMore.";
  EXPECT_EQ(social_image_of(build(site), "docs/intro.html"), social_image_of(first, "docs/intro.html"));
  page_of(site, "intro").title = "Another title";
  EXPECT_NE(social_image_of(build(site), "docs/intro.html"), social_image_of(first, "docs/intro.html"));
  site.settings.look.primary_color = "#aa3300";
  const BuiltSite orange = build(site);
  EXPECT_NE(social_image_of(orange, "index.html"), social_image_of(first, "index.html"));
  for (const SocialImage& image : orange.social_images) EXPECT_EQ(image.accent.size(), 7U);
  site.social_images = false;
  EXPECT_EQ(build(site).social_images.size(), 0U);
  EXPECT_EQ(social_image_of(build(site), "docs/intro.html"), "");
}

TEST(BuildSite, KeepsTheTitleOfAProtectedPageOutOfItsPicture) {
  Site site = sample_site();
  site.social_images = true;
  const std::string title = page_of(site, "for-friends").title;
  const BuiltSite built = build(site);
  for (const SocialImage& image : built.social_images) EXPECT_NE(image.title, title);
  EXPECT_EQ(social_image_of(built, "blog/for-friends.html"), social_image_of(built, "index.html"));
}

TEST(BuildSite, EscapesEveryTextFieldEverywhere) {
  const std::string payload = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]><!--";
  Site site = sample_site();
  site.settings.title = site.settings.description = payload;
  site.settings.tag_names = {{"craft", payload}};
  site.settings.section_names = {{"api", payload}, {"guides", payload}};
  site.settings.navigation = {{payload, "javascript:alert(1)"}, {payload, "/x\" onclick=\"alert(1)"}};
  site.settings.footer = {{payload, payload}};
  site.settings.logo_url = site.settings.newsletter_action = site.settings.comments_html_url = "javascript:" + payload;
  for (model::Author& author : site.authors) author.name = author.bio = author.avatar_url = author.slug = payload;
  for (SharedPage& shared : site.pages) {
    model::Page& page = change_page(shared);
    page.title = payload + page.slug;
    page.description = page.language = page.og_image_url = payload;
    page.look.primary_color = page.look.code_theme_light = page.look.font_size = payload;
    if (!page.api_endpoint.empty()) page.api_endpoint = "GET " + payload;
    page.content = payload + "\n\n## " + payload + "\n\n## Second " + payload + "\n";
  }
  for (const BuiltFile& file : build(site).files) {
    if (file.path.ends_with(".md") || file.path == "llms.txt" || file.path.starts_with("assets/")) continue;
    EXPECT_TRUE(lacks(*file.bytes, "<script>alert")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "<img src=x")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "\"javascript:")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "\" onclick=\"")) << file.path;
    EXPECT_TRUE(lacks(*file.bytes, "]]>")) << file.path;
  }
}

struct SwitchCase {
  Switch which;
  std::string_view trace;  // in the page when it is on
};

TEST(BuildSite, ObeysEverySwitchOfAPageAndOfTheSite) {
  const SwitchCase cases[] = {
      {Switch::kShowToc, "aria-label=\"On this page\""},
      {Switch::kShowSocialShare, "class=\"share\""},
      {Switch::kShowComments, "https://talk.example/"},
      {Switch::kShowNextPrev, "class=\"prev-next\""},
      {Switch::kShowNewsletterCta, "class=\"newsletter\""},
      {Switch::kShowTags, "rel=\"tag\""},
      {Switch::kShowDates, "<time datetime=\"2024-05-02T10:00:00Z\">2 May 2024</time>"},
      {Switch::kShowAuthor, "rel=\"author\""},
      {Switch::kShowReadingTime, "1 min read"},
      {Switch::kShowBreadcrumbs, "aria-label=\"Breadcrumb\""},
      {Switch::kShowCopyMarkdown, "copy-markdown"},
      {Switch::kFullWidthGallery, "gallery-full"},
      {Switch::kMasonryGallery, "gallery-masonry"},
      {Switch::kShowGalleryDownload, " download>"},
  };
  static_assert(std::size(cases) == model::kSwitches);
  for (const SwitchCase& one : cases) {
    Site site = sample_site();
    model::Page& page = page_of(site, "on-quiet-software");
    page.content += "\n```gallery\n/media/ab/abcd.webp | Lines\n```\n";
    const std::string path = "blog/on-quiet-software.html";
    for (const bool value : {true, false}) {
      set_switch(page.look, one.which, value);
      const std::string text = text_of(build(site), path);
      EXPECT_TRUE(value ? has(text, one.trace) : lacks(text, one.trace)) << model::to_string(one.which);
    }
    page.look.switches = {};
    for (const bool value : {true, false}) {
      set_switch(site.settings.look, one.which, value);
      const std::string text = text_of(build(site), path);
      EXPECT_TRUE(value ? has(text, one.trace) : lacks(text, one.trace)) << "site: " << model::to_string(one.which);
    }
  }
}

TEST(BuildSite, ShowsMethodsSectionsAndDisplayNamesInTheSidebar) {
  const std::string text = text_of(build(sample_site()), "docs/api/list-users.html");
  EXPECT_TRUE(has(text, "<span class=\"method method-post\">POST</span>"));
  EXPECT_TRUE(has(text, "<details open>\n<summary>API</summary>"));
  EXPECT_TRUE(has(text, "<details>\n<summary>Getting Started</summary>"));
  EXPECT_TRUE(has(text, "<a href=\"/docs/api/list-users\" aria-current=\"page\">"));
  EXPECT_TRUE(has(text_of(build(sample_site()), "guides/start.html"), "<summary>iOS</summary>"));
}

TEST(BuildSite, FollowsTheNavigationWithPreviousAndNext) {
  const BuiltSite built = build(sample_site());
  EXPECT_TRUE(has(text_of(built, "docs/getting-started/install.html"),
                  "rel=\"next\" href=\"/docs/getting-started/first-site\""));
  EXPECT_TRUE(has(text_of(built, "docs/api/delete-user.html"), "rel=\"prev\" href=\"/docs/api/create-user\""));
  EXPECT_TRUE(has(text_of(built, "blog/on-quiet-software.html"),
                  "<a rel=\"next\" href=\"/blog/measure-first\"><span>Older</span>"));
}

TEST(BuildSite, PutsThePagesOwnDateFirstAndItsTextIntoTheFirstArticle) {
  const std::string text = text_of(build(sample_site()), "blog/on-quiet-software.html");
  const std::size_t article = text.find("<article>");
  const std::string inside = text.substr(article, text.find("</article>") - article);
  EXPECT_EQ(text.find("<time "), article + inside.find("<time datetime=\"2024-05-02T10:00:00Z\""));
  EXPECT_TRUE(has(inside, "<h1>On quiet software</h1>"));
  EXPECT_TRUE(lacks(inside, "id=\"site"));
}

TEST(BuildSite, PagesTheBlogTwentyAtATime) {
  Site site = sample_site();
  for (int i = 0; i < 41; ++i) {
    model::Page& page = add_page(
        site, make_page(ContentType::kBlog, "", "post-" + std::to_string(i), "Post " + std::to_string(i), "Text.\n"));
    page.published_at = at(2023, 1, 1, i);
  }
  const BuiltSite built = build(site);
  EXPECT_TRUE(has(text_of(built, "blog/index.html"), "Page 1 of 3"));
  EXPECT_TRUE(has(text_of(built, "blog/index.html"), "<a rel=\"next\" href=\"/blog/page/2/\">Older</a>"));
  EXPECT_TRUE(has(text_of(built, "blog/page/3/index.html"), "Post 0"));
  EXPECT_EQ(find_file(built, "blog/page/4/index.html"), nullptr);
}

TEST(BuildSite, UsesAPageAtASectionsAddressAsItsLanding) {
  Site site = sample_site();
  add_page(site, make_page(ContentType::kDocs, "", "api", "The API", "An overview.\n"));
  const BuiltSite built = build(site);
  EXPECT_EQ(find_file(built, "docs/api.html"), nullptr);
  const std::string text = text_of(built, "docs/api/index.html");
  EXPECT_TRUE(has(text, "An overview."));
  EXPECT_TRUE(has(text, "In this section"));
  EXPECT_TRUE(has(text, "href=\"/docs/api/list-users\""));
}

TEST(BuildSite, ShowsTheHomepageThatSomebodyWrote) {
  Site site = sample_site();
  model::Page& home = add_page(site, make_page(ContentType::kHomepage, "", "index", "Welcome", "Hello there.\n"));
  EXPECT_TRUE(lacks(text_of(build(site), "index.html"), "Recent posts"));
  home.show_listings = true;
  const std::string text = text_of(build(site), "index.html");
  EXPECT_TRUE(has(text, "<h1>Welcome</h1>"));
  EXPECT_TRUE(has(text, "Recent posts"));
  EXPECT_TRUE(has(text_of(build(site), "index.md"), "# Welcome\n\nHello there.\n"));
}

std::string redirects_of(const BuiltSite& built) {
  const std::string rules = text_of(built, "_sitepod/rules");
  return rules.substr(std::min(rules.find("redirect\t"), rules.size()));
}

TEST(BuildSite, RedirectsOldAddresses) {
  Site site = sample_site();
  page_of(site, "intro").aliases = {"/docs/old", "/about"};
  const BuiltSite built = build(site);
  EXPECT_EQ(redirects_of(built),
            "redirect\t/about\t/docs/intro\nredirect\t/docs/old\t/docs/intro\n"
            "redirect\t/who\t/about\n");
  EXPECT_TRUE(has(text_of(built, "about.html"), "Who writes here."));
}

TEST(BuildSite, LetsRedirectsReplaceNothing) {
  Site site = sample_site();
  const BuiltSite without = build(site);
  page_of(site, "intro").aliases = {"/404",        "/index",   "/docs",       "/docs/", "/docs/api/list-users",
                                    "/tags/index", "/search/", "/blog/index", "/old/",  "/authors"};
  const BuiltSite built = build(site);
  EXPECT_EQ(built.files.size(), without.files.size());
  for (const BuiltFile& file : without.files) {
    if (file.path == "_sitepod/rules") continue;
    EXPECT_EQ(*file.bytes, text_of(built, file.path)) << file.path;
  }
}

TEST(BuildSite, MakesNoRuleOfAnAliasThatIsNoAddressOfTheSite) {
  Site site = sample_site();
  page_of(site, "intro").aliases = {"//evil.example", "/a\tb", "old", "/", "/x/../y", "/old/"};
  EXPECT_EQ(redirects_of(build(site)), "redirect\t/old\t/docs/intro\nredirect\t/who\t/about\n");
}

TEST(BuildSite, TakesALinkToAnOldAddressForWhole) {
  Site site = sample_site();
  page_of(site, "intro").aliases = {"/docs/old"};
  page_of(site, "about").content = "[moved](/docs/old) [gone](/docs/older)\n";
  const BuiltSite built = build(site);
  ASSERT_EQ(built.broken_links.size(), 1U);
  EXPECT_EQ(built.broken_links[0].target, "/docs/older");
}

TEST(BuildSite, ReportsBrokenLinksWithPageAndLine) {
  Site site = sample_site();
  page_of(site, "about").content =
      "[good](/docs/intro) [twin](/docs/intro.md) [folder](/docs/) [away](https://a.example/x) "
      "[own](https://field-notes.example/blog/)\n\n"
      "[bad](/docs/nothing)\n[worse](guides/nowhere)\n[part](/docs/intro#why) [no part](/docs/intro#nope) "
      "[note](#fn-one) ![pic](/media/ab/abcd.webp)\n";
  const BuiltSite built = build(site);
  ASSERT_EQ(built.broken_links.size(), 4U);
  EXPECT_EQ(built.broken_links[0].page, "/about");
  EXPECT_EQ(built.broken_links[0].target, "/docs/nothing");
  EXPECT_EQ(built.broken_links[0].line, 3U);
  EXPECT_EQ(built.broken_links[1].target, "guides/nowhere");
  EXPECT_EQ(built.broken_links[2].target, "/docs/intro#nope");
  EXPECT_EQ(built.broken_links[3].target, "#fn-one");
}

TEST(BuildSite, ShipsWhatDrawsMathAndDiagramsToSitesThatHaveSome) {
  const auto count = [](const BuiltSite& built, std::string_view part) {
    return std::count_if(built.files.begin(), built.files.end(),
                         [&](const BuiltFile& file) { return file.path.find(part) != std::string::npos; });
  };
  Site site = sample_site();
  page_of(site, "features").content = "Nothing to draw.\n";
  const BuiltSite plain = build(site);
  EXPECT_EQ(count(plain, "katex") + count(plain, "mermaid") + count(plain, ".woff2"), 0);
  page_of(site, "features").content = "$x^2$\n";
  page_of(site, "about").content = "```mermaid\ngraph TD; A-->B\n```\n";
  const BuiltSite built = build(site);
  EXPECT_EQ(count(built, "assets/katex-"), 2);
  EXPECT_EQ(count(built, "assets/mermaid-"), 1);
  EXPECT_TRUE(has(text_of(built, "docs/reference/features.html"), "<script src=\"/assets/katex-"));
  EXPECT_TRUE(lacks(text_of(built, "docs/reference/features.html"), "mermaid"));
  EXPECT_TRUE(lacks(text_of(built, "docs/reference/features.html"), "unsafe"));
  EXPECT_TRUE(has(text_of(built, "about.html"), "data-library=\"/assets/mermaid-"));
  EXPECT_TRUE(has(text_of(built, "about.html"),
                  "script-src &#39;self&#39;; style-src &#39;self&#39; &#39;unsafe-inline&#39;;"));
  EXPECT_TRUE(lacks(text_of(built, "about.html"), "katex"));
  EXPECT_TRUE(lacks(text_of(built, "docs/intro.html"), "katex"));
}

TEST(BuildSite, GivesKatexEveryFontThatItsStyleSheetNames) {
  Site site = sample_site();
  const BuiltSite built = build(site);
  std::size_t fonts = 0;
  for (const BuiltFile& file : built.files) {
    if (!file.path.starts_with("assets/katex-") || !file.path.ends_with(".css")) continue;
    const std::string& css = *file.bytes;
    for (std::size_t at = css.find("url("); at != std::string::npos; at = css.find("url(", at + 1), ++fonts) {
      const std::string name = css.substr(at + 4, css.find(')', at) - at - 4);
      EXPECT_NE(find_file(built, "assets/" + name), nullptr) << name;
    }
  }
  EXPECT_EQ(fonts, 20U);
}

TEST(BuildSite, ReportsWikilinksThatNameNoPage) {
  Site site = sample_site();
  page_of(site, "about").content = "[[Features]]\n\nSee [[Nowhere|there]] and ![[gone.png]].\n";
  BuildCache cache;
  const BuiltSite built = build(site, cache);
  ASSERT_EQ(built.broken_links.size(), 2U);
  EXPECT_EQ(built.broken_links[0].page, "/about");
  EXPECT_EQ(built.broken_links[0].line, 3U);
  EXPECT_EQ(built.broken_links[0].target, "[[Nowhere]]");
  EXPECT_EQ(built.broken_links[1].target, "[[gone.png]]");
  add_page(site, make_page(ContentType::kDocs, "", "nowhere", "Nowhere", "Here.\n"));
  EXPECT_EQ(build(site, cache).broken_links.size(), 1U);
}

TEST(BuildSite, KeepsItsSecurityPolicyWhereHtmlIsAllowed) {
  Site site = sample_site();
  EXPECT_TRUE(lacks(text_of(build(site), "about.html"), "frame-src"));
  site.settings.allow_raw_html = true;
  const std::string text = text_of(build(site), "about.html");
  EXPECT_TRUE(has(text, "script-src &#39;self&#39;"));
  EXPECT_TRUE(has(text, "; frame-src https:"));
}

TEST(BuildSite, ChecksTheLinksOfUnchangedPagesAgainWhenTheirTargetsMove) {
  Site site = sample_site();
  page_of(site, "about").content = "[part](/docs/intro#why) [page](/docs/reference/features)\n";
  BuildCache cache;
  EXPECT_TRUE(build(site, cache).broken_links.empty());
  EXPECT_TRUE(build(site, cache).broken_links.empty());
  page_of(site, "intro").content = "## Wherefore\n";
  ASSERT_EQ(build(site, cache).broken_links.size(), 1U);
  ASSERT_EQ(build(site, cache).broken_links.size(), 1U);
  page_of(site, "features").slug = "moved";
  EXPECT_EQ(build(site, cache).broken_links.size(), 2U);
}

TEST(BuildSite, RendersPagesAgainWhosePicturesGotOtherSizes) {
  Site site = sample_site();
  BuildCache cache;
  EXPECT_TRUE(has(text_of(build(site, cache), "blog/releases/one-point-two.html"), "width=\"1600\""));
  site.media[0].width = 1200;
  const BuiltSite changed = build(site, cache);
  EXPECT_TRUE(has(text_of(changed, "blog/releases/one-point-two.html"), "width=\"1200\""));
  EXPECT_EQ(changed.pages_rendered, 1U);
}

TEST(BuildSite, RefusesTwoPagesAtOneAddress) {
  Site site = sample_site();
  add_page(site, make_page(ContentType::kDocs, "", "intro", "Again", ""));
  BuildCache cache;
  const auto built = build_site(site, cache, 1);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().message, "Two pages have the address /docs/intro: change the slug of one.");
}

TEST(BuildSite, EndsBetweenTwoPagesWhenItsTimeIsOver) {
  BuildCache cache;
  const auto built = build_site(sample_site(), cache, 2, std::chrono::steady_clock::now());
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().code, "build_took_too_long");
  EXPECT_TRUE(build_site(sample_site(), cache, 2).ok());
}

TEST(BuildSite, BuildsAnEmptySite) {
  Site site;
  site.base_url = "https://empty.example";
  const BuiltSite built = build(site);
  for (const char* path : {"index.html", "404.html", "rss.xml", "sitemap.xml", "search/index.json", "tags/index.html"})
    EXPECT_NE(find_file(built, path), nullptr) << path;
}

TEST(BuildSite, GivesAPageItsLanguageColourAndSize) {
  Site site = sample_site();
  model::Page& page = page_of(site, "about");
  page.language = "he";
  page.look.primary_color = "#fc0";
  page.look.font_size = "large";
  page.look.code_theme_dark = "nord";
  const BuiltSite built = build(site);
  const std::string text = text_of(built, "about.html");
  EXPECT_TRUE(has(text, "<html lang=\"he\" dir=\"rtl\" data-font-size=\"large\">"));
  EXPECT_TRUE(has(text, "/assets/look-"));
}

TEST(Look, MovesAnyColourUntilItCanBeRead) {
  EXPECT_EQ(accent_css("#3450c4"),
            ":root{--accent-light:#3450c4;--on-accent-light:#ffffff;--accent-dark:#798cd8;--on-accent-dark:#000000}\n");
  for (const char* color : {"#fff", "#000000", "#ff0", "#777", "#0F0"}) EXPECT_TRUE(is_color(color));
  for (const char* text : {"", "#", "#ffff", "red", "#12345g", "#fff;}"}) EXPECT_FALSE(is_color(text)) << text;
}

TEST(BuildSite, KeepsThePagesOfALargeSectionSmall) {
  Site site;
  site.base_url = "https://large.example";
  for (int i = 0; i < 700; ++i) {
    const std::string number = std::to_string(i);
    add_page(site, make_page(ContentType::kDocs, i < 500 ? "reference" : "guides", "page-" + number, "Page " + number,
                             "Text.\n"));
  }
  const BuiltSite built = build(site);
  for (const BuiltFile& file : built.files) {
    if (!file.path.starts_with("docs/reference/page-") || !file.path.ends_with(".html")) continue;
    EXPECT_LT(file.bytes->size(), 24'000U) << file.path;
  }
  EXPECT_TRUE(has(text_of(built, "docs/reference/page-250.html"),
                  "<a href=\"/docs/reference/page-250\" aria-current=\"page\">"));
  EXPECT_TRUE(has(text_of(built, "docs/reference/page-250.html"), "All of Reference"));
  EXPECT_TRUE(has(text_of(built, "docs/reference/index.html"), "Page 1 of 5"));
}

TEST(BuildSite, KeepsThePagesOfManySectionsSmall) {
  Site site;
  site.base_url = "https://large.example";
  for (int i = 0; i < 600; ++i) {
    const std::string number = std::to_string(1000 + i);
    add_page(site, make_page(ContentType::kDocs, "section-" + number, "page", "Page " + number, "Text.\n"));
    add_page(site, make_page(ContentType::kStandalone, "area-" + number, "page", "Page " + number, "Text.\n"));
    add_page(site, make_page(ContentType::kStandalone, "", "root-" + number, "Root " + number, "Text.\n"));
  }
  const BuiltSite built = build(site);
  for (const BuiltFile& file : built.files) {
    if (!file.path.ends_with(".html") || file.path == "docs/index.html") continue;
    EXPECT_LT(file.bytes->size(), 36'000U) << file.path;
  }
  for (const char* page : {"section-1000", "section-1300", "section-1599"}) {
    const std::string text = text_of(built, "docs/" + std::string(page) + "/page.html");
    EXPECT_TRUE(has(text, "<a href=\"/docs/" + std::string(page) + "/page\" aria-current=\"page\">"));
    EXPECT_TRUE(has(text, "All of Documentation"));
  }
  EXPECT_TRUE(has(text_of(built, "docs/section-1300/index.html"), "<summary>Section 1300</summary>"));
  EXPECT_TRUE(
      has(text_of(built, "docs/section-1300/index.html"), "<p><a href=\"/docs/section-1301/\">Section 1301</a></p>"));
}

TEST(BuildSite, NamesManyTagsAndSectionsInLinearTime) {
  Site site;
  site.base_url = "https://large.example";
  for (int i = 0; i < 1'500; ++i) {
    const std::string number = std::to_string(i);
    model::Page& page = add_page(site, make_page(ContentType::kBlog, "s" + number, "page", "Page", ""));
    for (int tag = 0; tag < 20; ++tag) page.tags.push_back("t" + number + " " + std::to_string(tag));
    for (const std::string& tag : page.tags) site.settings.tag_names.emplace_back(tag, "T" + tag.substr(1));
    site.settings.section_names.emplace_back("s" + number, "S" + number);
  }
  const auto start = std::chrono::steady_clock::now();
  const auto outline = make_outline(site);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  ASSERT_TRUE(outline.ok());
  EXPECT_EQ(outline->find_tag("t7 3")->title, "T7 3");
  EXPECT_EQ(outline->sections.at("blog/s7").title, "S7");
}

}  // namespace
}  // namespace sitepod::builder
