// The lines of a page, looked at only as far as needed to know where inline text stands: which lines belong to fences,
// which text runs together, which lines define footnotes and link addresses. An approximation of CommonMark's block
// structure: md4c has the last word, and a wrong guess costs at most a bare address that stays text.
// Pure; any thread; linear.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "builder/markdown/source.hpp"

namespace sitepod::builder::markdown {

enum class LineKind : std::uint8_t {
  kText,
  kBlank,
  kVerbatim,        // in a fence
  kTableRule,       // "|-|:-:|" under the head of a table
  kLinkDefinition,  // "[label]: address"
  kLifted,          // a footnote's
};

// Small, since a page may be nothing but line breaks.
struct Line {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;     // behind the line break
  std::uint32_t quotes = 0;  // ">" before its text
  LineKind kind = LineKind::kText;
  bool continues = false;  // the inline text of the line before
  bool breaks = false;     // so many lines ran together that a paragraph begins here
};

struct PageLines {
  std::vector<Line> lines;
  std::vector<Footnote> footnotes;  // the first definition of each id
  std::string_view open_fence;      // the fence that is open at the end
};

// Where the markers of quotes and list items at the beginning of a line become more than any author means; npos:
// nowhere.
std::size_t too_deep_marker(std::string_view line);

// Requires: the text is shorter than 4 GiB.
PageLines split_lines(std::string_view text);

// The length of "[^id]:" and the spaces behind it at the beginning of a line; 0: none there.
std::size_t footnote_marker(std::string_view line);

}  // namespace sitepod::builder::markdown
