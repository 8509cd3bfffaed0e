#include "builder/absolute_links.hpp"

#include <algorithm>
#include <array>

namespace sitepod::builder {
namespace {

constexpr std::array<std::string_view, 3> kAttributes = {" href=\"", " src=\"", " srcset=\""};

// What goes in front of an address to make it absolute.
std::string prefix_of(std::string_view address, std::string_view base_url, std::string_view page_url) {
  if (address.starts_with("//")) return "";
  if (address.starts_with('/')) return std::string(base_url);
  if (address.starts_with('#')) return std::string(page_url);
  const std::size_t end = address.find_first_of("\"/?#:");
  if (end != std::string_view::npos && address[end] == ':') return "";
  // Relative to the folder of the page.
  return std::string(page_url.substr(0, page_url.rfind('/') + 1));
}

void append_srcset(std::string_view value, std::string_view base_url, std::string& out) {
  bool begins = true;
  for (const char c : value) {
    if (begins && c == '/') out.append(base_url);
    out.push_back(c);
    begins = c == ' ' ? begins : c == ',';
  }
}

// `tag` without its brackets.
void append_tag(std::string_view tag, std::string_view base_url, std::string_view page_url, std::string& out) {
  while (!tag.empty()) {
    std::size_t next = std::string_view::npos;
    std::string_view found;
    for (const std::string_view attribute : kAttributes)
      if (const std::size_t at = tag.find(attribute); at < next) {
        next = at;
        found = attribute;
      }
    if (next == std::string_view::npos) break;
    const std::size_t begin = next + found.size();
    const std::size_t end = std::min(tag.find('"', begin), tag.size());
    out.append(tag.substr(0, begin));
    const std::string_view value = tag.substr(begin, end - begin);
    if (found == " srcset=\"")
      append_srcset(value, base_url, out);
    else
      out.append(prefix_of(value, base_url, page_url)).append(value);
    tag.remove_prefix(end);
  }
  out.append(tag);
}

// Where a tag ends: ">" may stand inside quotes.
std::size_t end_of_tag(std::string_view html, std::size_t at) {
  bool in_quotes = false;
  for (; at < html.size(); ++at) {
    if (html[at] == '"') in_quotes = !in_quotes;
    if (html[at] == '>' && !in_quotes) return at;
  }
  return html.size();
}

}  // namespace

std::string with_absolute_links(std::string_view html, std::string_view base_url, std::string_view page_url) {
  std::string out;
  out.reserve(html.size() + html.size() / 8);
  while (!html.empty()) {
    const std::size_t open = std::min(html.find('<'), html.size());
    out.append(html.substr(0, open));
    const std::size_t close = end_of_tag(html, open);
    append_tag(html.substr(open, close - open), base_url, page_url, out);
    html.remove_prefix(close);
  }
  return out;
}

}  // namespace sitepod::builder
