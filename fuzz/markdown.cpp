// Any bytes as a page: rendered or refused with a reason, twice the same; every tag of the output is one that the
// renderer writes itself, and closed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "builder/markdown.hpp"

namespace {

using sitepod::builder::MarkdownOptions;

constexpr std::string_view kTags[] = {
    "p",   "a",          "h1",  "h2",   "h3",  "h4",      "h5",    "h6",      "em",      "strong", "del",       "code",
    "pre", "ul",         "ol",  "li",   "hr",  "br",      "img",   "table",   "thead",   "tbody",  "tr",        "th",
    "td",  "blockquote", "div", "span", "sup", "section", "input", "details", "summary", "figure", "figcaption"};
constexpr std::string_view kVoid[] = {"hr", "br", "img", "input"};

bool contains(const std::string_view* begin, const std::string_view* end, std::string_view tag) {
  return std::find(begin, end, tag) != end;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check_tags(std::string_view html) {
  std::vector<std::string_view> open;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    require(end != std::string_view::npos);
    const bool closes = html[at + 1] == '/';
    const std::size_t name = at + (closes ? 2 : 1);
    const std::string_view tag = html.substr(name, html.find_first_of(" >", name) - name);
    require(contains(std::begin(kTags), std::end(kTags), tag));
    if (contains(std::begin(kVoid), std::end(kVoid), tag)) continue;
    if (!closes) {
      open.push_back(tag);
      continue;
    }
    require(!open.empty() && open.back() == tag);
    open.pop_back();
  }
  require(open.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  MarkdownOptions options;
  options.title = "Title";
  options.gallery_download = true;
  options.resolve_wikilink = [](std::string_view name) { return std::optional<std::string>(name); };
  const auto page = render_markdown(text, options);
  if (!page.ok()) {
    require(!page.error().message.empty());
    return 0;
  }
  check_tags(page->html);
  const auto again = render_markdown(text, options);
  require(again.ok() && again->html == page->html && again->plain_text == page->plain_text);
  return 0;
}
