#include "builder/markdown.hpp"

#include "builder/markdown/html_writer.hpp"
#include "builder/markdown/source.hpp"

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

}  // namespace

Result<RenderedMarkdown> render_markdown(std::string_view text, const MarkdownOptions& options) {
  if (text.size() > kMaxSource) return invalid("page_too_large", "The page's markdown is longer than 64 MiB.");
  const markdown::Source source{std::string(text), {}, {{0, 1}}, {}};
  markdown::HtmlWriter writer(options, max_output(text.size()));
  if (!writer.read(source)) return explodes();
  return writer.finish();
}

}  // namespace sitepod::builder
