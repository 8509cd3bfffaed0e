// Whatever is changed between two builds, the second makes what it would make of nothing: edits at random, of every
// member of a site.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "builder/site_fixture.hpp"

namespace sitepod::builder {
namespace {

constexpr unsigned kSeeds = 4;

class Edits {
 public:
  explicit Edits(unsigned seed) : random_(seed) {
    for (int i = 0; i < 24; ++i) add_random_page();
    site_.base_url = "https://notes.example";
    site_.authors = {{"a", "Ada", "ada", "Writes.", ""}, {"b", "Bob", "", "", "/media/b.webp"}};
  }

  const Site& site() const { return site_; }

  // What was done, for messages.
  std::string make() {
    const std::size_t which = below(40);
    if (which < 16) return edit_text();
    if (which < 30) return edit_page();
    if (which < 33) return edit_pages();
    return edit_site();
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  bool maybe() { return below(2) == 0; }
  model::Page& any_page() { return change_page(site_.pages[below(site_.pages.size())]); }

  std::string text() {
    static const std::vector<std::string> kPieces = {
        "The same beginning of every text, long enough to be a summary by itself.",
        "## Heading\n\nBelow it.",
        "## Another\n\n### Inner\n\nText.",
        "$x^2$",
        "```mermaid\ngraph LR\n```",
        "```cpp\nint x;\n```",
        "[[Page 3]] and [[p5]]",
        "[gone](/nowhere) and [there](/docs/p1#heading)",
        "![](/media/a.webp)",
        "An afterthought.",
        "<b>raw</b>",
    };
    std::string text = maybe() ? kPieces[0] : "";
    for (std::size_t i = below(4); i > 0; --i) text += "\n\n" + kPieces[below(kPieces.size())];
    return text + "\n";
  }

  void add_random_page() {
    static constexpr model::ContentType kTypes[] = {model::ContentType::kBlog, model::ContentType::kDocs,
                                                    model::ContentType::kStandalone, model::ContentType::kDocs};
    const std::string number = std::to_string(next_++);
    model::Page page = make_page(kTypes[below(4)], maybe() ? "api" : "", "p" + number, "Page " + number, text());
    page.id = "id-" + number;
    add_page(site_, std::move(page));
  }

  std::string edit_text() {
    model::Page& page = any_page();
    const bool is_saved_only = below(3) == 0;
    if (!is_saved_only) page.content = text();
    page.updated_at += std::chrono::hours(below(40));
    return "text of " + page.slug;
  }

  std::string edit_page() {
    model::Page& page = any_page();
    const std::size_t which = below(17);
    const std::string word(1, static_cast<char>('a' + below(4)));
    if (which == 0) page.title = "Page " + std::to_string(below(30));
    if (which == 1) page.slug = "s" + std::to_string(next_++);
    if (which == 2) page.order = maybe() ? std::optional<std::int64_t>(below(5)) : std::nullopt;
    if (which == 3) page.tags = maybe() ? std::vector<std::string>{word} : std::vector<std::string>{"x", word};
    if (which == 4) page.tags.clear();
    if (which == 5 && page.content_type != model::ContentType::kHomepage) page.section = maybe() ? "guide" : "";
    if (which == 6) page.published_at = at(2024, 1 + static_cast<unsigned>(below(12)), 3);
    if (which == 7) page.author_id = maybe() ? "a" : "b";
    if (which == 8) page.description = maybe() ? "Described by " + word : "";
    if (which == 9) page.password_hash = maybe() ? "$argon2id$" + word : "";
    if (which == 10) page.language = maybe() ? "ar" : "";
    if (which == 11) page.og_image_url = maybe() ? "/media/a.webp" : "";
    if (which == 12) set_switch(page.look, static_cast<model::Switch>(below(model::kSwitches)), maybe());
    if (which == 13) page.look.primary_color = maybe() ? "#a03020" : "";
    if (which == 14) page.look.code_theme_light = maybe() ? "github" : "";
    if (which == 15) page.aliases = {"/old-" + word};
    if (which == 16) page.api_endpoint = maybe() ? "GET /" + word : "";
    return "member " + std::to_string(which) + " of " + page.slug;
  }

  std::string edit_pages() {
    const std::size_t which = below(4);
    if (which == 0 && site_.pages.size() > 12)
      site_.pages.erase(site_.pages.begin() + static_cast<std::ptrdiff_t>(below(site_.pages.size())));
    else if (which == 1)
      std::shuffle(site_.pages.begin(), site_.pages.end(), random_);
    else if (which == 2 && !has_home_) {
      has_home_ = true;
      add_page(site_, make_page(model::ContentType::kHomepage, "", "index", "Home", text())).show_listings = true;
    } else {
      add_random_page();
    }
    return "pages " + std::to_string(which);
  }

  std::string edit_site() {
    model::SiteSettings& settings = site_.settings;
    const std::size_t which = below(16);
    const std::string word(1, static_cast<char>('a' + below(4)));
    if (which == 0) settings.title = "Notes " + word;
    if (which == 1) settings.description = maybe() ? "Of " + word : "";
    if (which == 2) settings.language = maybe() ? "de" : "en";
    if (which == 3) settings.navigation = {{"Start", "/docs/"}};
    if (which == 4) settings.navigation.clear();
    if (which == 5) settings.footer = {{word, "/" + word}};
    if (which == 6) settings.allow_raw_html = maybe();
    if (which == 7) settings.newsletter_action = maybe() ? "https://letters.example/" + word : "";
    if (which == 8) settings.tag_names = {{word, "Tag " + word}};
    if (which == 9) settings.section_names = {{"api", "API " + word}};
    if (which == 10) set_switch(settings.look, static_cast<model::Switch>(below(model::kSwitches)), maybe());
    if (which == 11) site_.authors[below(2)].name = "Author " + word;
    if (which == 12) site_.authors[below(2)].bio = "Bio " + word;
    if (which == 13) site_.social_images = maybe();
    if (which == 14) site_.search_index = maybe();
    if (which == 15) {
      site_.media = {
          {"media/a.webp", sha256(word), 9, "image/webp", static_cast<std::uint32_t>(100 + below(3)), 80, {}}};
    }
    return "site " + std::to_string(which);
  }

  std::mt19937 random_;
  Site site_;
  int next_ = 0;
  bool has_home_ = false;
};

std::string differences(const BuiltSite& a, const BuiltSite& b) {
  std::string found;
  for (std::size_t i = 0; i < std::max(a.files.size(), b.files.size()); ++i) {
    if (i >= a.files.size() || i >= b.files.size() || a.files[i].path != b.files[i].path) return found + " paths";
    if (*a.files[i].bytes != *b.files[i].bytes) found += " " + a.files[i].path;
  }
  const auto is_same_link = [](const BrokenLink& x, const BrokenLink& y) {
    return x.page == y.page && x.line == y.line && x.target == y.target;
  };
  if (!std::equal(a.broken_links.begin(), a.broken_links.end(), b.broken_links.begin(), b.broken_links.end(),
                  is_same_link))
    found += " broken links";
  const auto is_same_image = [](const SocialImage& x, const SocialImage& y) { return x.path == y.path; };
  if (!std::equal(a.social_images.begin(), a.social_images.end(), b.social_images.begin(), b.social_images.end(),
                  is_same_image))
    found += " social images";
  return found;
}

// Their order shows nowhere else where the owner wrote the navigation.
TEST(BuildCache, LlmsTxtFollowsTheOrderOfPagesWithoutASection) {
  Site site;
  site.settings.navigation = {{"Start", "/"}};
  for (const char* name : {"about", "contact"})
    add_page(site, make_page(model::ContentType::kStandalone, "", name, name, "Text.\n"));
  BuildCache kept;
  ASSERT_TRUE(build_site(site, kept, 1).ok());
  change_page(site.pages[1]).order = 1;
  BuildCache none;
  EXPECT_EQ(differences(build_site(site, kept, 1).value(), build_site(site, none, 1).value()), "");
}

TEST(BuildCache, EditsAtRandomMakeWhatABuildOfNothingMakes) {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    Edits edits(seed);
    BuildCache kept;
    for (int round = 0; round < 60; ++round) {
      std::string done = edits.make();
      if (edits.site().pages.size() % 3 == 0) done += ", " + edits.make();
      BuildCache none;
      const auto again = build_site(edits.site(), kept, 1);
      const auto anew = build_site(edits.site(), none, 1);
      ASSERT_EQ(again.ok(), anew.ok());
      if (!anew.ok()) continue;
      ASSERT_EQ(differences(*again, *anew), "") << "seed " << seed << ", round " << round << ": " << done;
    }
  }
}

}  // namespace
}  // namespace sitepod::builder
