#include "builder/markdown.hpp"

#include <gtest/gtest.h>

#include "builder/markdown/unicode.hpp"

namespace sitepod::builder {
namespace {

RenderedMarkdown render(std::string_view text, const MarkdownOptions& options = {}) {
  auto page = render_markdown(text, options);
  EXPECT_TRUE(page.ok());
  return std::move(page).value();
}

TEST(Markdown, HeadingsGetGithubsIdsAndAnAnchorOfOneSign) {
  const auto page = render("## Hello, *World*!\n\n## Hello World\n\n### Ärger & Straße_1\n");
  EXPECT_EQ(
      page.html,
      "<h2 id=\"hello-world\">Hello, <em>World</em>!<a class=\"anchor\" href=\"#hello-world\" aria-hidden=\"true\" "
      "tabindex=\"-1\">#</a></h2>\n"
      "<h2 id=\"hello-world-1\">Hello World<a class=\"anchor\" href=\"#hello-world-1\" aria-hidden=\"true\" "
      "tabindex=\"-1\">#</a></h2>\n"
      "<h3 id=\"ärger--straße_1\">Ärger &amp; Straße_1<a class=\"anchor\" href=\"#%C3%A4rger--stra%C3%9Fe_1\" "
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

std::string html(std::string_view text) { return render(text).html; }

TEST(Markdown, BareAddressesBecomeLinksWithoutThePunctuationBehindThem) {
  EXPECT_EQ(html("See http://a.b/x_y_z.\n"), "<p>See <a href=\"http://a.b/x_y_z\">http://a.b/x_y_z</a>.</p>\n");
  EXPECT_EQ(html("(www.a.com/a_(b))\n"), "<p>(<a href=\"http://www.a.com/a_(b)\">www.a.com/a_(b)</a>)</p>\n");
  EXPECT_EQ(html("**https://a.b**\n"), "<p><strong><a href=\"https://a.b\">https://a.b</a></strong></p>\n");
  EXPECT_EQ(html("me@a.org.\n"), "<p><a href=\"mailto:me@a.org\">me@a.org</a>.</p>\n");
  EXPECT_EQ(html("http://a.b?x=1&amp;y=2&copy;\n"),
            "<p><a href=\"http://a.b?x=1&amp;y=2\">http://a.b?x=1&amp;y=2</a>©</p>\n");
}

TEST(Markdown, WhatOnlyLooksLikeAnAddressStaysText) {
  for (const std::string_view text : {"react@18.2.0", "xhttp://a.b", "http://", "www.", "a@b", "http://a.b_c", "@x/y"})
    EXPECT_EQ(html(std::string(text) + "\n"), "<p>" + std::string(text) + "</p>\n");
  EXPECT_EQ(html("`http://a.b`\n"), "<p><code>http://a.b</code></p>\n");
  EXPECT_EQ(html("[http://a.b](/c)\n"), "<p><a href=\"/c\">http://a.b</a></p>\n");
  EXPECT_EQ(html("[x](http://a.b/_c_)\n"), "<p><a href=\"http://a.b/_c_\">x</a></p>\n");
  EXPECT_EQ(html("    http://a.b $x$\n"), "<pre class=\"hljs\" tabindex=\"0\"><code>http://a.b $x$\n</code></pre>\n");
  EXPECT_EQ(html("```\nhttp://a.b [[x]]\n```\n"),
            "<pre class=\"hljs\" tabindex=\"0\"><code>http://a.b [[x]]\n</code></pre>\n");
}

TEST(Markdown, MathIsMarkedUpAndMoneyIsNot) {
  EXPECT_EQ(html("$a_b*c$\n"), "<p><span class=\"math math-inline\">a_b*c</span></p>\n");
  EXPECT_EQ(html("$$\n\\frac{a}{b} < c\n$$\n"), "<div class=\"math math-display\">\\frac{a}{b} &lt; c</div>\n");
  EXPECT_EQ(html("```math\nx\n```\n"), "<div class=\"math math-display\">x</div>\n");
  EXPECT_EQ(html("> $$\n> x\n> y\n> $$\n"),
            "<blockquote>\n<div class=\"math math-display\">x\n y</div>\n</blockquote>\n");
  for (const std::string_view text :
       {"$5 and $10", "from $5-$10", "\\$x\\$", "$ x $", "I have $5, you have 6$", "US$5 is 5$", "$x", "a$b$c"})
    EXPECT_FALSE(render(text).has_math) << text;
  EXPECT_TRUE(render("$x$").has_math);
}

TEST(Markdown, TablesShowTheirAlignment) {
  const std::string out = html("| a | b | c |\n|:--|:-:|--:|\n| 1 | `x|y` | $|z|$ |\n");
  EXPECT_NE(out.find("<th class=\"align-left\">a</th>"), std::string::npos) << out;
  EXPECT_NE(out.find("<th class=\"align-center\">b</th>"), std::string::npos);
  EXPECT_NE(out.find("<td class=\"align-right\">"), std::string::npos);
}

TEST(Markdown, OneDashMakesAColumn) {
  for (const std::string_view text : {"|a|b|\n|-|-|\n|c|d|\n", "a|b\n-|-\nc|d\n", "> |a|\n> |-|\n", "a | b\n:-|:-:\n"})
    EXPECT_NE(html(text).find("<table>"), std::string::npos) << text;
  EXPECT_EQ(html("```\n|a|\n|-|\n```\n").find("---"), std::string::npos);
}

TEST(Markdown, TaskBoxesAreDisabled) {
  EXPECT_EQ(
      html("- [ ] a\n- [x] b\n"),
      "<ul>\n<li class=\"task-list-item\"><input type=\"checkbox\" disabled aria-label=\"To do\"> a</li>\n"
      "<li class=\"task-list-item\"><input type=\"checkbox\" disabled aria-label=\"Done\" checked> b</li>\n</ul>\n");
}

TEST(Markdown, StrikethroughAndLineBreaks) {
  EXPECT_EQ(html("~~a~~ b<br>c<br/>d\n"), "<p><del>a</del> b<br>c<br>d</p>\n");
}

TEST(Markdown, FootnotesAreNumberedByFirstReferenceAndShownAtTheEnd) {
  const auto page =
      render("A[^x][^y] and `[^x]`[^x].\n\n[^y]: Two.\n[^x]: One,\n    [linked][r].\n\n    ```\n    code\n\n[r]: /r\n");
  EXPECT_TRUE(page.html.starts_with(
      "<p>A<sup class=\"footnote-ref\"><a href=\"#fn:1\" id=\"fnref:1\" role=\"doc-noteref\">1</a></sup>"
      "<sup class=\"footnote-ref\"><a href=\"#fn:2\" id=\"fnref:2\" role=\"doc-noteref\">2</a></sup> and "
      "<code>[^x]</code><sup class=\"footnote-ref\"><a href=\"#fn:1\" id=\"fnref:1:2\" "
      "role=\"doc-noteref\">1</a></sup>.</p>\n"))
      << page.html;
  const auto first = page.html.find("<li id=\"fn:1\"><p>One,\n<a href=\"/r\">linked</a>.</p>\n<pre");
  const auto second = page.html.find("<li id=\"fn:2\"><p>Two. <a href=\"#fnref:2\"");
  EXPECT_LT(first, second) << page.html;
  EXPECT_NE(second, std::string::npos) << page.html;
}

TEST(Markdown, AFootnoteMayReferToAnother) {
  const std::string out = html("a[^1]\n\n[^1]: one[^2]\n[^2]: two\n[^3]: unused\n");
  EXPECT_NE(out.find("<li id=\"fn:2\"><p>two"), std::string::npos) << out;
  EXPECT_EQ(out.find("unused"), std::string::npos);
}

TEST(Markdown, CalloutsTakeTheirTitleAndFold) {
  EXPECT_EQ(html("> [!WARNING]\n> Mind *this*.\n"),
            "<div class=\"callout callout-warning\" role=\"note\"><p class=\"callout-title\">Warning</p>\n"
            "<p>Mind <em>this</em>.</p>\n</div>\n");
  EXPECT_EQ(html("> [!tip]- A *title*\n> x\n"),
            "<details class=\"callout callout-tip\"><summary class=\"callout-title\">A <em>title</em></summary>\n"
            "<p>x</p>\n</details>\n");
  for (const std::string_view text : {"> [!UNKNOWN]\n> x\n", "> a\n> [!NOTE]\n", "[!NOTE]\n", "> **[!NOTE]**\n"})
    EXPECT_EQ(html(text).find("callout"), std::string::npos) << text;
}

TEST(Markdown, WikilinksAreResolvedOrReported) {
  MarkdownOptions options;
  options.resolve_wikilink = [](std::string_view name) -> std::optional<std::string> {
    if (name == "missing") return std::nullopt;
    return "/docs/" + std::string(name);
  };
  const auto page =
      render("[[a]] [[a|text]] [[a#My Part]] [[#Here]] [[missing]] `[[a]]` ![[b.png|200]] ![[a]]\n", options);
  EXPECT_EQ(
      page.html,
      "<p><a class=\"wikilink\" href=\"/docs/a\">a</a> <a class=\"wikilink\" href=\"/docs/a\">text</a> "
      "<a class=\"wikilink\" href=\"/docs/a#my-part\">a › My Part</a> <a class=\"wikilink\" href=\"#here\">Here</a> "
      "missing <code>[[a]]</code> <img src=\"/docs/b.png\" alt=\"b\" width=\"200\" loading=\"lazy\" "
      "decoding=\"async\"> <a class=\"wikilink\" href=\"/docs/a\">a</a></p>\n");
  const auto is_unresolved = [](const WrittenLink& link) { return link.is_unresolved; };
  ASSERT_EQ(std::count_if(page.links.begin(), page.links.end(), is_unresolved), 1);
  const WrittenLink& missing = *std::find_if(page.links.begin(), page.links.end(), is_unresolved);
  EXPECT_EQ(missing.target, "[[missing]]");
  EXPECT_EQ(missing.line, 1U);
  EXPECT_EQ(render("![[missing|300]]\n", options).html, "<p>missing</p>\n");
}

TEST(Markdown, PicturesKnowTheirSize) {
  MarkdownOptions options;
  options.find_picture = [](std::string_view) { return std::optional<Picture>(Picture{640, 480, "/s.webp 320w"}); };
  EXPECT_EQ(render("![A \"b\"](/a.png)\n", options).html,
            "<p><img src=\"/a.png\" alt=\"A &quot;b&quot;\" width=\"640\" height=\"480\" srcset=\"/s.webp 320w\" "
            "sizes=\"(max-width: 48rem) 100vw, 48rem\" loading=\"lazy\" decoding=\"async\"></p>\n");
}

TEST(Markdown, PicturesAloneInAParagraphAreAGallery) {
  const auto page = render("![a](/a.png \"A\")\n![b](/b.png)\n\n```gallery\n/c.png | C\n![d](/d.png)\n```\n");
  EXPECT_EQ(page.links.size(), 4u);
  EXPECT_NE(page.html.find("<figcaption>A</figcaption>"), std::string::npos);
  EXPECT_NE(page.html.find("<img src=\"/c.png\" alt=\"C\""), std::string::npos) << page.html;
  EXPECT_EQ(render("![a](/a.png) and ![b](/b.png)\n").html.find("gallery"), std::string::npos);
  EXPECT_EQ(render("![a](/a.png)\n").html.find("gallery"), std::string::npos);
}

TEST(Markdown, DiagramsAreLeftToTheirScript) {
  const auto page = render("```mermaid\na-->b\n```\n");
  EXPECT_EQ(page.html, "<pre class=\"mermaid\">a--&gt;b\n</pre>\n");
  EXPECT_TRUE(page.has_diagram);
  EXPECT_FALSE(page.has_code);
}

TEST(Markdown, CommentsDisappear) {
  EXPECT_EQ(html("a <!-- b --> c\n\n<!-- d\n\n# no\n-->\n\ne\n"), "<p>a  c</p>\n<p>e</p>\n");
  EXPECT_EQ(html("`<!-- a -->` <!-- open\n"), "<p><code>&lt;!-- a --&gt;</code> &lt;!-- open</p>\n");
}

TEST(Markdown, LinksTellTheirLines) {
  const auto page =
      render("one\n\n[a](/a)\n[b](/b?x=1&y=2)\n\n[c][c] ![d](/d)\n\n<!-- x\n\n-->\n[[e]] http://f.g\n\n[c]: /c\n");
  std::vector<std::pair<std::string, std::uint32_t>> found;
  for (const auto& link : page.links) found.emplace_back(link.target, link.line);
  const std::vector<std::pair<std::string, std::uint32_t>> expected = {
      {"/a", 3}, {"/b?x=1&y=2", 4}, {"/c", 13}, {"/d", 6}, {"http://f.g", 11}};
  EXPECT_EQ(found, expected);
}

TEST(Markdown, PlainTextAndWordsLeaveMarkupAndBlocksOfCodeOut) {
  const auto page = render("# T\n\nOne *two* `three`.\n\n```\ncode\n```\n\n- four\n");
  EXPECT_EQ(page.plain_text, "T\nOne two three.\nfour\n");
  EXPECT_EQ(page.words, 5u);
  EXPECT_EQ(render("- one\n- two\n  - nested\n    > quoted\n").plain_text, "one\ntwo\nnested\nquoted\n");
  EXPECT_EQ(render("你好世界").words, 2u);
  EXPECT_EQ(render("naïve l'été don't e\u00A0mail 3.5 --- Ünder_score 日本 go").words, 9u);
}

TEST(Unicode, TheShortWayReadsAnyBytesAsTheLongOneDoes) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second)
      for (const int third : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
        const std::string bytes = {static_cast<char>(first), static_cast<char>(second), static_cast<char>(third)};
        for (std::size_t length = 1; length <= bytes.size(); ++length) {
          const auto text = std::string_view(bytes).substr(0, length);
          const markdown::CodePoint quick = markdown::next_code_point(text);
          const markdown::CodePoint slow = markdown::next_rare_code_point(text);
          ASSERT_EQ(std::pair(quick.value, quick.length), std::pair(slow.value, slow.length)) << first << " " << second;
        }
      }
}

TEST(Markdown, LineBreaksOfWindowsAndAByteOrderMarkChangeNothing) {
  EXPECT_EQ(html("\xEF\xBB\xBF# a\r\n\r\nb http://c.d\r\n"), html("# a\n\nb http://c.d\n"));
}

TEST(Markdown, PlaceholdersInPageTextAreNoPlaceholders) {
  EXPECT_EQ(html("\xEF\xB7\x90"
                 "0\xEF\xB7\x91 $x$ &#xFDD0;0&#xFDD1;\n")
                .find("\xEF\xB7\x90"
                      "0\xEF\xB7\x91 <"),
            std::string::npos);
}

TEST(Markdown, NestingIsBoundedAndKeepsTheText) {
  const std::string out = html(std::string(5000, '>') + " deep\n");
  EXPECT_NE(out.find("deep"), std::string::npos);
  EXPECT_LT(out.size(), 30'000u);
  EXPECT_NE(html(std::string(5000, '>') + " deep\n\n> next\n").find("<blockquote>\n<p>next</p>"), std::string::npos);
}

TEST(Markdown, RawHtmlPassesOnlyWhenAllowedAndOnlyWhatIsHarmless) {
  MarkdownOptions options;
  options.allow_raw_html = true;
  const auto raw = [&](std::string_view text) { return render(text, options).html; };
  EXPECT_EQ(raw("<div class=\"x\" onclick=\"a()\" style=\"b\">\n\n*c*\n\n</div>\n"),
            "<div class=\"x\">\n<p><em>c</em></p>\n</div>\n");
  EXPECT_EQ(raw("a <kbd>b</kbd> <a href=\"javascript:x\">c</a> <script>d</script>\n"),
            "<p>a <kbd>b</kbd> <a>c</a> &lt;script&gt;d&lt;/script&gt;</p>\n");
  EXPECT_EQ(raw("- <div>\n\nb\n"), "<ul>\n<li><div>\n</div></li>\n</ul>\n<p>b</p>\n");
  EXPECT_EQ(raw("*a <b>c*</b> </section>\n"), "<p><em>a <b>c</b></em> </p>\n");
  EXPECT_EQ(raw("<iframe src=\"https://a.b/c\" width=\"9\"></iframe>\n"),
            "<iframe src=\"https://a.b/c\" width=\"9\" sandbox=\"allow-scripts allow-same-origin allow-popups "
            "allow-presentation\"></iframe>\n");
  EXPECT_EQ(raw("<iframe src=\"http://a.b/c\"></iframe>\n").find("http:"), std::string::npos);
}

TEST(Markdown, CodeIsColouredWithTheClassesOfHighlightJs) {
  EXPECT_EQ(
      html("```js\nconst a = \"<b>\"; // c\n```\n"),
      "<pre class=\"hljs\" tabindex=\"0\"><code class=\"language-js\"><span class=\"hljs-keyword\">const</span> a = "
      "<span class=\"hljs-string\">&quot;&lt;b&gt;&quot;</span>; <span class=\"hljs-comment\">// "
      "c</span>\n</code></pre>\n");
  MarkdownOptions plain;
  plain.highlight_code = false;
  EXPECT_EQ(render("```js\nconst a\n```\n", plain).html,
            "<pre class=\"hljs\" tabindex=\"0\"><code class=\"language-js\">const a\n</code></pre>\n");
  EXPECT_EQ(html("```nosuch\nconst a\n```\n").find("<span"), std::string::npos);
}

TEST(Markdown, APageThatExplodesIsRefused) {
  const std::string wide = [] {
    std::string text, rule;
    for (int i = 0; i < 120; ++i) {
      text += "|a";
      rule += "|-";
    }
    text += "|\n" + rule + "|\n";
    for (int i = 0; i < 20'000; ++i) text += "|b\n";
    return text;
  }();
  std::string expanding = "[a]: /" + std::string(50'000, 'x') + "\n\n";
  for (int i = 0; i < 20'000; ++i) expanding += "[a]";
  for (const std::string& text : {wide, expanding}) {
    const auto page = render_markdown(text, {});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code, "page_too_large");
  }
}

}  // namespace
}  // namespace sitepod::builder
