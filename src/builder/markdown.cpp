#include "builder/markdown.hpp"

#include "builder/markdown/html_writer.hpp"
#include "builder/markdown/prepare.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kMaxSource = std::size_t{64} << 20;

// Room for what markup, ids and highlighting add to an ordinary page, and an end for one that is made to explode.
std::size_t max_output(std::size_t source_size) { return (std::size_t{1} << 20) + 20 * source_size; }

Error explodes() {
  return invalid(
      "page_too_large",
      "The page's markdown expands to far more HTML than its length allows; look for very wide tables or for a "
      "link definition that is used very often.");
}

// Footnotes may refer to footnotes; how often that is followed is bounded, so that a chain of them stays linear.
constexpr int kFootnoteRounds = 4;

bool read_footnotes(const markdown::PreparedPage& page, markdown::HtmlWriter& writer) {
  for (int round = 1; round <= kFootnoteRounds; ++round) {
    const auto missing = writer.missing_footnotes();
    if (missing.empty()) return true;
    if (!writer.read(markdown::prepare_footnotes(page, missing, round < kFootnoteRounds))) return false;
  }
  return true;
}

}  // namespace

Result<RenderedMarkdown> render_markdown(std::string_view text, const MarkdownOptions& options) {
  if (text.size() > kMaxSource) return invalid("page_too_large", "The page's markdown is longer than 64 MiB.");
  const std::string clean = markdown::clean_text(text);
  const markdown::PreparedPage page = markdown::prepare_page(clean, static_cast<bool>(options.resolve_wikilink));
  markdown::HtmlWriter writer(options, max_output(text.size()));
  if (!writer.read(page.source) || !read_footnotes(page, writer)) return explodes();
  return writer.finish();
}

}  // namespace sitepod::builder
