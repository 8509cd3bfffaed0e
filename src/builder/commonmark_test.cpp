// The specification's own examples. What our dialect does otherwise on purpose is listed with its reason.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "builder/markdown.hpp"

namespace sitepod::builder {
namespace {

struct Example {
  int number;
  std::string_view section;
  std::string_view markdown;
  std::string_view html;
};

const Example kExamples[] = {
#include "builder/commonmark_examples.inc"
};

// The examples that show raw HTML: here it becomes text. docs/writing.md lists the other differences.
const std::set<int> kWithRawHtml = {21, 31, 201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 642, 643};
// md4c 0.4.8 follows version 0.30 of the specification.
const std::set<int> kChangedSinceVersion030 = {354};
// md4c leaves a tab at the edge of a heading, which no browser shows.
const std::set<int> kWithTabs = {10, 82};
// Bare addresses become links, and links of unknown schemes none.
const std::set<int> kOfTheDialect = {500, 596, 598, 599, 601, 608, 611, 612};

std::string replaced(const std::string& text, const char* pattern, const char* by) {
  return std::regex_replace(text, std::regex(pattern), by);
}

// Takes away what the renderer adds to the specification's HTML, and the line breaks between tags.
std::string bare(std::string html) {
  html = replaced(html, "<a class=\"anchor\"[^>]*>#</a>", "");
  html = replaced(html, "<h([1-6]) id=\"[^\"]*\">", "<h$1>");
  html = replaced(html, "<pre class=\"hljs\" tabindex=\"0\">", "<pre>");
  html = replaced(html, " loading=\"lazy\" decoding=\"async\"", "");
  html = replaced(html, " />", ">");
  html = replaced(html, "&#39;", "'");
  html = replaced(html, ">\n+", ">");
  return replaced(html, "\n+<", "<");
}

TEST(CommonMark, TheExamplesOfTheSpecificationReadAsItSays) {
  std::vector<int> different;
  MarkdownOptions options;
  options.highlight_code = false;
  for (const Example& example : kExamples) {
    const bool is_listed = example.section == "HTML blocks" || example.section == "Raw HTML" ||
                           kWithRawHtml.count(example.number) + kChangedSinceVersion030.count(example.number) +
                                   kOfTheDialect.count(example.number) + kWithTabs.count(example.number) >
                               0;
    const auto page = render_markdown(example.markdown, options);
    ASSERT_TRUE(page.ok());
    const bool is_equal = bare(page->html) == bare(std::string(example.html));
    if (is_equal != is_listed || example.section == "HTML blocks" || example.section == "Raw HTML") continue;
    different.push_back(example.number);
    ADD_FAILURE() << example.number << " " << example.section << (is_listed ? " is listed but equal" : "") << "\n"
                  << example.markdown << "---\n"
                  << page->html << "---\n"
                  << example.html;
  }
  EXPECT_EQ(different, std::vector<int>{});
}

}  // namespace
}  // namespace sitepod::builder
