#include "manuscript/page_file.hpp"

#include <gtest/gtest.h>

namespace sitepod::manuscript {
namespace {

PageFile read(std::string_view path, std::string_view text = "Words.\n") { return read_page_file(path, text); }

struct Address {
  std::string type, section, slug;
  bool operator==(const Address&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Address& a) {
  return out << a.type << " " << a.section << " " << a.slug;
}
Address address_of(std::string_view path) {
  const PageFile file = read(path);
  EXPECT_TRUE(file.errors.empty()) << path << ": " << (file.errors.empty() ? "" : file.errors[0].message);
  return {file.page.content_type.value_or("?"), file.page.section.value_or("?"), file.page.slug.value_or("?")};
}

TEST(PageFile, TakesItsAddressFromItsPlaceInTheFolder) {
  EXPECT_EQ(address_of("index.md"), (Address{"homepage", "", "index"}));
  EXPECT_EQ(address_of("about.md"), (Address{"standalone", "", "about"}));
  EXPECT_EQ(address_of("about/index.md"), (Address{"standalone", "", "about"}));
  EXPECT_EQ(address_of("API/Builds/Start It.md"), (Address{"standalone", "API/Builds", "start-it"}));
  EXPECT_EQ(address_of("docs/Getting Started/one.md"), (Address{"docs", "getting-started", "one"}));
  EXPECT_EQ(address_of("blog/2026 in words.md"), (Address{"blog", "", "2026-in-words"}));
  EXPECT_EQ(read("docs/a/b/c.md").errors.size(), 1u);
  EXPECT_EQ(read("docs/index.md").errors.size(), 1u);
  EXPECT_EQ(read("??.md").errors.size(), 1u);
}

TEST(PageFile, TakesItsFieldsFromYamlAndToml) {
  const PageFile yaml = read("x.md",
                             "---\ntitle: \"Hello: World\"\ntags: [iOS, two words]\ndate: 2026-01-31\n"
                             "draft: no\nweight: 3\nshowToc: true\nsection: ''\n---\nText\n");
  EXPECT_TRUE(yaml.errors.empty());
  EXPECT_EQ(yaml.page.title, "Hello: World");
  EXPECT_EQ(yaml.page.tags, (std::vector<std::string>{"iOS", "two words"}));
  EXPECT_EQ(yaml.page.published_at, "2026-01-31T00:00:00Z");
  EXPECT_EQ(yaml.page.draft, false);
  EXPECT_EQ(yaml.page.order, 3);
  EXPECT_EQ(yaml.page.switches[0], "true");
  EXPECT_EQ(yaml.page.content, "Text\n");
  EXPECT_EQ(yaml.body_line, 10u);
  EXPECT_EQ(yaml.line_of("publishedAt"), 4u);

  const PageFile toml =
      read("x.md", "+++\ntitle = 'Hello'\npublishedAt = 2026-01-31T09:30:00+02:00\ntags = ['a']\n+++\nText");
  EXPECT_TRUE(toml.errors.empty());
  EXPECT_EQ(toml.page.title, "Hello");
  EXPECT_EQ(toml.page.published_at, "2026-01-31T09:30:00+02:00");
  EXPECT_EQ(toml.page.tags, std::vector<std::string>{"a"});
}

TEST(PageFile, ReadsDatesAsPeopleWriteThem) {
  const auto date = [](const std::string& text) {
    return *read("x.md", "---\ndate: " + text + "\n---\n").page.published_at;
  };
  EXPECT_EQ(date("2026-01-31"), "2026-01-31T00:00:00Z");
  EXPECT_EQ(date("2026-01-31 09:30"), "2026-01-31T09:30:00Z");
  EXPECT_EQ(date("2026-01-31T09:30:15"), "2026-01-31T09:30:15Z");
  EXPECT_EQ(date("2026-01-31 09:30:15 +02:00"), "2026-01-31T09:30:15+02:00");
  EXPECT_EQ(date("2026-01-31T09:30:15.25Z"), "2026-01-31T09:30:15.25Z");
  EXPECT_EQ(date("soon"), "soon");
}

TEST(PageFile, TellsWhatItDoesNotUnderstandWithItsLine) {
  const PageFile unknown = read("x.md", "---\ntitle: a\ncategories: [b]\n---\n");
  ASSERT_EQ(unknown.warnings.size(), 1u);
  EXPECT_EQ(unknown.warnings[0].line, 3u);
  EXPECT_NE(unknown.warnings[0].message.find("categories"), std::string::npos);

  struct Case {
    std::string_view text;
    std::uint32_t line;
  };
  for (const Case& each : {Case{"---\ntitle: a\ndraft: maybe\n---\n", 3},
                           {"---\ntitle: [a\n---\n", 3},
                           {"---\ntitle: a\ntitle: b\n---\n", 3},
                           {"---\ntitle: a\n", 1},
                           {"---\n- a\n---\n", 2},
                           {"---\na: &x b\n---\n", 2},
                           {"---\ntags: {a: b}\n---\n", 2},
                           {"+++\ntitle = \n+++\n", 2},
                           {"---\norder: 1.5\n---\n", 2},
                           {"---\ntitle: \xff\n---\n", 2},
                           {"---\ntitle: \xC3\xA4\n\ntags: \xff\n---\n", 4},
                           {"---\r\ntitle: \xC3\xA4\r\ndraft: maybe\r\n---\r\n", 3},
                           {"---\n\r\rtitle: '\xC3\xA4\xC2\x85\xE2\x80\xA8'\ndraft: maybe\n---\n", 3},
                           {"---\ndate: a\npublishedAt: b\n---\n", 3}}) {
    const PageFile file = read("x.md", each.text);
    ASSERT_EQ(file.errors.size(), 1u) << each.text;
    EXPECT_EQ(file.errors[0].line, each.line) << each.text << file.errors[0].message;
  }
}

TEST(PageFile, HasATitleAlways) {
  EXPECT_EQ(read("getting-started.md").page.title, "Getting started");
  EXPECT_EQ(read("a.md", "\n# The *Title*  \nmore").page.title, "The *Title*");
  EXPECT_EQ(read("a.md", "---\n---\ntext").page.title, "A");
  EXPECT_EQ(read("a.md", "\xEF\xBB\xBFtext").page.content, "text");
}

TEST(PageFile, IsReadAsItWasWritten) {
  model::PageChange page;
  page.title = "no: \"yes\" \\ \xC3\xA9 # \xE2\x80\xA8";
  page.content_type = "docs";
  page.section = "API";
  page.slug = "x";
  page.description = "two\nlines\t\x01 and \x7f";
  page.tags = std::vector<std::string>{"1.10", "no", "a b"};
  page.aliases = std::vector<std::string>{};
  page.draft = true;
  page.order = -4;
  page.published_at = "2026-01-31T00:00:00Z";
  page.switches[2] = "false";
  page.content = "---\nstrange\r\n";
  const PageFile back = read("other/place.md", write_page_file(page));
  EXPECT_TRUE(back.errors.empty()) << back.errors[0].message;
  EXPECT_TRUE(back.warnings.empty());
  EXPECT_EQ(back.page.title, page.title);
  EXPECT_EQ(back.page.section, page.section);
  EXPECT_EQ(back.page.description, page.description);
  EXPECT_EQ(back.page.tags, page.tags);
  EXPECT_EQ(back.page.aliases, page.aliases);
  EXPECT_EQ(back.page.draft, page.draft);
  EXPECT_EQ(back.page.order, page.order);
  EXPECT_EQ(back.page.published_at, page.published_at);
  EXPECT_EQ(back.page.switches, page.switches);
  EXPECT_EQ(back.page.content, page.content);
}

}  // namespace
}  // namespace sitepod::manuscript
