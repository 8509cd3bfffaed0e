// Pages made to harm: slow to read, or carrying script.
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "builder/markdown.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kSize = 1'000'000;

std::string repeated(std::string_view unit, std::size_t size = kSize) {
  std::string text;
  text.reserve(size + unit.size());
  while (text.size() < size) text += unit;
  return text;
}

std::vector<std::string> pathological_pages() {
  std::vector<std::string> pages;
  for (const std::string_view unit : {"[",
                                      "![[]()",
                                      "[a](",
                                      "[a](b",
                                      "[a](<b",
                                      "![[[",
                                      "[a][",
                                      "*a ",
                                      "_a ",
                                      "a**b_c* ",
                                      "*a **a ",
                                      " a_",
                                      "*_* _ ",
                                      "~~a ",
                                      "`",
                                      "`a ``b ```c ",
                                      "``a ` ",
                                      "http://a.b ",
                                      "http://a.b",
                                      "www.",
                                      "www. ",
                                      "www.a ",
                                      "(www.",
                                      "a@b.c ",
                                      "a@",
                                      "a.b@c.d@",
                                      "http://a_b_c/_ ",
                                      "http://a.b/&a;&b;;;; ",
                                      ">",
                                      "> a\n",
                                      "- ",
                                      "1. ",
                                      "- a\n",
                                      "-\n",
                                      "| ",
                                      "<",
                                      "<a ",
                                      "<!-- ",
                                      "<![CDATA[",
                                      "<?",
                                      "<!A ",
                                      "<a b=\"",
                                      "</a ",
                                      "$",
                                      "$a ",
                                      "$a$ ",
                                      "$$a ",
                                      "$a\n",
                                      "[[",
                                      "[[a",
                                      "![[",
                                      "[^a]: x\n",
                                      "[^a",
                                      "```\n",
                                      "> ```\n",
                                      "&a",
                                      "\\",
                                      "> [!NOTE]\n",
                                      "[a]: ",
                                      "\n",
                                      "\t",
                                      "* ",
                                      "+\n",
                                      "# a\n",
                                      "a\n=\n"})
    pages.push_back(repeated(unit));
  pages.push_back(std::string(kSize / 2, '[') + "a" + std::string(kSize / 2, ']'));
  pages.push_back(std::string(kSize / 2, '*') + "a" + std::string(kSize / 2, '*'));
  pages.push_back(repeated("- ", kSize / 2) + "a\n" + std::string(kSize / 2, '\n'));
  pages.push_back(std::string(kSize / 2, '>') + " a\n" + repeated("b\n", kSize / 2));
  pages.push_back("[a]: " + std::string(100'000, 'x') + "\n\n" + repeated("[a]"));
  pages.push_back("[a]: /u \"" + repeated("t&amp;", 100'000) + "\"\n\n" + repeated("[a]"));
  pages.push_back(repeated("|a", kSize / 3) + "|\n" + repeated("|-", kSize / 3) + "|\n" + repeated("|b\n", kSize / 3));
  pages.push_back("http://a.b/" + repeated(")"));
  std::string backticks, definitions, footnotes = "[^0]\n\n";
  for (int i = 1; i < 1400; ++i) backticks += "e" + std::string(static_cast<std::size_t>(i), '`');
  for (int i = 0; i < 40'000; ++i) {
    definitions += "[" + std::to_string(i) + "]: u\n";
    footnotes += "[^" + std::to_string(i) + "]: [^" + std::to_string(i + 1) + "]\n";
  }
  pages.push_back(backticks);
  pages.push_back(definitions + repeated("[x] [1] ", kSize / 2));
  pages.push_back(footnotes);
  return pages;
}

// Counted in CPU time, so that a busy machine has no say; generous for a sanitizer: what it must catch grows with the
// square.
TEST(HostileMarkdown, AMegabyteOfAnythingIsReadInLinearTime) {
  for (const std::string& text : pathological_pages()) {
    const std::clock_t begin = std::clock();
    const auto page = render_markdown(text, {});
    const std::clock_t took = std::clock() - begin;
    EXPECT_LT(took, 5 * CLOCKS_PER_SEC) << text.substr(0, 40);
    EXPECT_TRUE(page.ok() || page.error().code == "page_too_large");
  }
}

TEST(HostileMarkdown, LinesAreTextBehindTenThousandBracketsOfAParagraph) {
  const std::string links = repeated("[a](b) ", 9'999 * 7);
  const auto at_most = render_markdown(links + "[c](d) *e*", {});
  ASSERT_TRUE(at_most.ok());
  EXPECT_TRUE(at_most->html.ends_with("<a href=\"d\">c</a> <em>e</em></p>\n"));
  const auto more = render_markdown(links + "[c](d) [e](<f>) *g*\n*h*\n\n[i](j)", {});
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(
      more->html.ends_with("<a href=\"d\">c</a> [e](&lt;f&gt;) *g*\n<em>h</em></p>\n<p><a href=\"j\">i</a></p>\n"));
  EXPECT_TRUE(more->plain_text.ends_with("c [e](<f>) *g* h\ni\n"));
  // Where an address seems to be written, md4c may see brackets.
  const auto unclosed = render_markdown(repeated("[a](", 10'001 * 4) + " *b*\n*c*", {});
  ASSERT_TRUE(unclosed.ok());
  EXPECT_TRUE(unclosed->html.ends_with("[a]([a]( *b*\n<em>c</em></p>\n"));
}

const std::string_view kPayloads[] = {
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script>",
    "<script/x>alert(1)</script>",
    "\n<script>\nalert(1)\n</script>\n",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)//",
    "<body onload=alert(1)>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<style>@import 'javascript:alert(1)';</style>",
    "<div style=\"background:url(javascript:alert(1))\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<object data=\"javascript:alert(1)\">",
    "<embed src=\"javascript:alert(1)\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<link rel=stylesheet href=\"javascript:alert(1)\">",
    "<base href=\"javascript:alert(1)//\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml <script>alert(1)</script>?>",
    "<b onmouseover=alert(1)>x</b>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\\script:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](javascript&#58;alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](<java&NewLine;script:alert(1)>)",
    "[a](<java&Tab;script:alert(1)>)",
    "[a](<\x01javascript:alert(1)>)",
    "[a](< javascript:alert(1)>)",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[a](<data:image/svg+xml,<svg onload=alert(1)>>)",
    "![a](javascript:alert(1))",
    "![a](data:text/html,x)",
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![a\" onerror=\"alert(1)](x)",
    "![a](x\"onerror=\"alert(1))",
    "![a](x \"t\\\" onerror=\\\"alert(1)\")",
    "[a](x 't\" onmouseover=\"alert(1)')",
    "<javascript:alert(1)>",
    "<vbscript:msgbox(1)>",
    "<data:text/html,x>",
    "[a]\n\n[a]: javascript:alert(1)",
    "[a]\n\n[a]: x '\" onclick=\"alert(1)'",
    "![a]\n\n[a]: javascript:alert(1)",
    "[[javascript:alert(1)]]",
    "[[x|<script>alert(1)</script>]]",
    "[[\" onclick=\"alert(1)]]",
    "![[javascript:alert(1)/x.png]]",
    "![[x\" onerror=\"alert(1).png]]",
    "http://a.b/\"onmouseover=\"alert(1)",
    "http://a.b/<script>alert(1)</script>",
    "www.a.b/'onclick='alert(1)",
    "\"onclick=\"alert(1)@a.bc",
    "$<script>alert(1)</script>$",
    "$$<img src=x onerror=alert(1)>$$",
    "```\"onclick=\"alert(1)\nx\n```",
    "```js\n</code></pre><script>alert(1)</script>\n```",
    "```mermaid\n</pre><script>alert(1)</script>\n```",
    "```math\n</div><script>alert(1)</script>\n```",
    "```gallery\njavascript:alert(1)\n![\" onerror=\"alert(1)](/x.png \"\\\"<script>\")\n```",
    "`</code><script>alert(1)</script>`",
    "# <script>alert(1)</script>",
    "# \" onclick=\"alert(1)",
    "> [!NOTE] <script>alert(1)</script>",
    "> [!NOTE\" onclick=\"alert(1)]",
    "[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    "[^a\"onclick=x]\n\n[^a\"onclick=x]: y",
    "| <script>alert(1)</script> |\n|-|\n| <img src=x onerror=alert(1)> |",
    "- [ ] <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
};

// Walks over the tags of the output as a browser does and fails on everything that could run.
void expect_harmless(const std::string& html, std::string_view payload, bool html_is_allowed = false) {
  static const std::vector<std::string> kTags = {
      "p",      "a",     "h1",      "h2",    "h3",      "h4",      "h5",     "h6",         "em",
      "strong", "del",   "code",    "pre",   "ul",      "ol",      "li",     "hr",         "br",
      "img",    "table", "thead",   "tbody", "tr",      "th",      "td",     "blockquote", "div",
      "span",   "sup",   "section", "input", "details", "summary", "figure", "figcaption"};
  static const std::vector<std::string> kAllowedTags = {"b", "video", "source", "iframe"};
  static const std::vector<std::string> kAttributes = {
      "href",    "id",         "class", "aria-hidden", "tabindex", "src",      "alt",    "width",
      "height",  "srcset",     "sizes", "loading",     "decoding", "title",    "type",   "disabled",
      "checked", "aria-label", "role",  "start",       "open",     "download", "sandbox"};
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    std::size_t i = at + 1;
    const bool closes = html[i] == '/';
    if (closes) ++i;
    std::size_t end = i;
    while (markdown::is_alnum(html[end])) ++end;
    const std::string tag = html.substr(i, end - i);
    const bool is_known =
        std::find(kTags.begin(), kTags.end(), tag) != kTags.end() ||
        (html_is_allowed && std::find(kAllowedTags.begin(), kAllowedTags.end(), tag) != kAllowedTags.end());
    EXPECT_TRUE(is_known) << tag << " from " << payload;
    while (html[end] == ' ') {
      const std::size_t name_end = html.find_first_of("= >", end + 1);
      const std::string name = html.substr(end + 1, name_end - end - 1);
      EXPECT_NE(std::find(kAttributes.begin(), kAttributes.end(), name), kAttributes.end())
          << name << " from " << payload;
      end = name_end;
      if (html[end] != '=') continue;
      ASSERT_EQ(html[end + 1], '"') << payload;
      const std::size_t quote = html.find('"', end + 2);
      const std::string value = markdown::decode_references(html.substr(end + 2, quote - end - 2));
      if (name == "href" || name == "src") {
        EXPECT_TRUE(name == "href" ? markdown::is_safe_address(value) : markdown::is_safe_picture(value)) << value;
        EXPECT_EQ(value.find_first_of("\n\t\r "), std::string::npos) << value;
      }
      end = quote + 1;
    }
    EXPECT_EQ(html[end], '>') << html.substr(at, 80) << " from " << payload;
  }
}

TEST(HostileMarkdown, NoPayloadBecomesScriptInAnyPlace) {
  MarkdownOptions options;
  options.resolve_wikilink = [](std::string_view name) { return std::optional<std::string>(name); };
  for (const std::string_view payload : kPayloads) {
    const std::string text(payload);
    for (const std::string& page :
         {text, "> " + text, "- " + text, "# " + text, "*" + text + "*", "a[^f]\n\n[^f]: " + text,
          "| " + text + " |\n|-|\n", "![" + text + "](/x.png)", "[" + text + "](/x)"}) {
      const auto rendered = render_markdown(page, options);
      ASSERT_TRUE(rendered.ok());
      expect_harmless(rendered->html, page);
    }
  }
}

TEST(HostileMarkdown, NoPayloadBecomesScriptWhereHtmlIsAllowed) {
  MarkdownOptions options;
  options.allow_raw_html = true;
  for (const std::string_view payload : kPayloads) {
    const auto rendered = render_markdown(payload, options);
    ASSERT_TRUE(rendered.ok());
    expect_harmless(rendered->html, payload, true);
  }
}

TEST(HostileMarkdown, TheSamePageGivesTheSameBytes) {
  std::string page;
  for (const std::string_view payload : kPayloads) page.append(payload).append("\n\n");
  const auto first = render_markdown(page, {});
  const auto second = render_markdown(page, {});
  EXPECT_EQ(first->html, second->html);
  EXPECT_EQ(first->plain_text, second->plain_text);
}

// Every tag that the writer opens is closed, in order.
::testing::AssertionResult is_balanced(std::string_view html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const bool closes = html.substr(at + 1).starts_with('/');
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name(html.substr(begin, html.find_first_of(" >", begin) - begin));
    if (name == "br" || name == "img" || name == "hr" || name == "input") continue;
    if (!closes) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return ::testing::AssertionFailure() << "</" << name << "> in " << html;
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << open.back() << " in " << html;
}

std::string render(std::string_view text) {
  MarkdownOptions options;
  options.resolve_wikilink = [](std::string_view name) {
    return name == "a" ? std::optional<std::string>("/a") : std::nullopt;
  };
  return render_markdown(text, options).value().html;
}

TEST(HostileMarkdown, SpansThatBeginOrEndOnlyLeaveTheMarkupWhole) {
  EXPECT_TRUE(is_balanced(render("[](*)*")));
  EXPECT_TRUE(is_balanced(render("*[](*)\n\nafter")));
  EXPECT_TRUE(is_balanced(render("![](*)*")));
  EXPECT_TRUE(is_balanced(render("*![a*](*)\n\nafter")));
  std::mt19937 random(1);
  const std::vector<std::string> parts = {
      "*",  "**", "_", "~~", "[",  "]", "(",       ")",           "<",  ">",   "!",   "`",  "``",
      "\\", "a",  " ", "\n", "](", "|", "\n- ",    "\n> ",        "$",  "[[",  "]]",  "x)", "\n\n",
      "\"", "&",  ":", "#",  "[^", "1", "\n|-|\n", "https://a.b", "![", "<b>", "</b>"};
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 14 + 1; i > 0; --i) text += parts[random() % parts.size()];
    ASSERT_TRUE(is_balanced(render(text))) << text;
  }
}

}  // namespace
}  // namespace sitepod::builder
