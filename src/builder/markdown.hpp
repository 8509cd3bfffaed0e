// Markdown to safe HTML: GitHub's dialect with footnotes, callouts, wikilinks, math and diagrams marked up, and code
// highlighted. Pure: equal input, equal output; any thread. Page text never becomes script: raw HTML turns into text
// (unless the site's owner allows it), addresses pass an allow-list of schemes.
// Linear in the length of the input also for hostile input; output and nesting are bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::builder {

struct Heading {
  int level = 0;     // 1 to 6
  std::string id;    // GitHub's slug of the text, numbered when repeated
  std::string text;  // plain, not escaped
};

// An address as written, for the link check.
struct WrittenLink {
  std::string target;
  std::uint32_t line = 0;  // from 1
  bool is_image = false;
  bool is_unresolved = false;  // a wikilink that names no page; the target is "[[name]]"
};

// What is known about a picture of the site, so that pages do not jump.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string srcset;  // ready for the attribute, not yet escaped; empty: only the original
};

struct MarkdownOptions {
  std::string_view title;  // a first h1 with this text is left out: the template shows the title
  bool allow_raw_html = false;
  bool highlight_code = true;
  bool gallery_download = false;                                       // a link to each picture of a gallery
  std::string_view picture_sizes = "(max-width: 48rem) 100vw, 48rem";  // "sizes" of pictures with a srcset
  // The URL for [[name]], for [[name#heading]] (the heading's id is added here) and the address for ![[name]]; nothing:
  // shown as text and reported as unresolved. Without the function "[[" is no markup.
  std::function<std::optional<std::string>(std::string_view name)> resolve_wikilink;
  std::function<std::optional<Picture>(std::string_view source)> find_picture;
};

struct RenderedMarkdown {
  std::string html;
  std::string plain_text;  // for search, excerpts and the word count
  std::vector<Heading> headings;
  std::vector<WrittenLink> links;
  std::size_t words = 0;
  bool has_code = false;
  bool has_math = false;
  bool has_diagram = false;
};

// Fails only when the output would pass its bound (a page that explodes).
Result<RenderedMarkdown> render_markdown(std::string_view source, const MarkdownOptions& options);

}  // namespace sitepod::builder
