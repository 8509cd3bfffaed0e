// From a page's text to the source that md4c reads; see source.hpp for why. Pure; any thread; linear.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "builder/markdown/source.hpp"

namespace sitepod::builder::markdown {

// Line breaks as "\n", no byte order mark, and no noncharacters that could pass for placeholders.
std::string clean_text(std::string_view text);

struct PreparedPage {
  Source source;
  std::vector<Footnote> footnotes;
  bool reads_wikilinks = true;
};

// The result points into `text`, which comes from clean_text.
PreparedPage prepare_page(std::string_view text, bool reads_wikilinks);

// One source of the bodies of the footnotes `wanted`, each behind a placeholder that names it. References to other
// footnotes count only when `may_refer_to_new`. The result points into `page` and its text.
Source prepare_footnotes(const PreparedPage& page, const std::vector<std::size_t>& wanted, bool may_refer_to_new);

}  // namespace sitepod::builder::markdown
