#include "builder/markdown.hpp"

#include <gtest/gtest.h>

namespace sitepod::builder {
namespace {

RenderedMarkdown render(std::string_view text, const MarkdownOptions& options = {}) {
  auto page = render_markdown(text, options);
  EXPECT_TRUE(page.ok());
  return std::move(page).value();
}

TEST(Markdown, HeadingsGetGithubsIdsAndAnAnchorOfOneSign) {
  const auto page = render("## Hello, *World*!\n\n## Hello World\n\n### Ärger & Straße_1\n");
  EXPECT_EQ(page.html,
            "<h2 id=\"hello-world\">Hello, <em>World</em>!<a class=\"anchor\" href=\"#hello-world\" aria-hidden=\"true\" "
            "tabindex=\"-1\">#</a></h2>\n"
            "<h2 id=\"hello-world-1\">Hello World<a class=\"anchor\" href=\"#hello-world-1\" aria-hidden=\"true\" "
            "tabindex=\"-1\">#</a></h2>\n"
            "<h3 id=\"ärger--straße_1\">Ärger &amp; Straße_1<a class=\"anchor\" href=\"#ärger--straße_1\" "
            "aria-hidden=\"true\" tabindex=\"-1\">#</a></h3>\n");
  ASSERT_EQ(page.headings.size(), 3u);
  EXPECT_EQ(page.headings[0].text, "Hello, World!");
  EXPECT_EQ(page.headings[2].level, 3);
}

TEST(Markdown, AFirstHeadingEqualToTheTitleIsLeftOut) {
  MarkdownOptions options;
  options.title = "Intro";
  const auto page = render("# Intro\n\nText\n\n# Intro\n", options);
  EXPECT_TRUE(page.html.starts_with("<p>Text</p>\n<h1 id=\"intro\">")) << page.html;
  EXPECT_EQ(page.headings.size(), 1u);
}

TEST(Markdown, RawHtmlIsShownAsText) {
  EXPECT_EQ(render("a <script>alert(1)</script>\n").html, "<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
}

TEST(Markdown, LinksToScriptsLoseTheirAddress) {
  EXPECT_EQ(render("[a](javascript:x) [b](/b)\n").html, "<p>a <a href=\"/b\">b</a></p>\n");
  EXPECT_EQ(render("[a](JavaScript&colon;x)\n").html, "<p>a</p>\n");
}

}  // namespace
}  // namespace sitepod::builder
