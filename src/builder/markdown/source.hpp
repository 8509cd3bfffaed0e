// Page source made ready for md4c: what GitHub's dialect has beyond md4c, or md4c 0.4.8 reads in quadratic time, is
// taken out in one linear pass (math, bare addresses, wikilinks, footnotes, comments) and a placeholder stands for it.
// Placeholders are written with two Unicode noncharacters, which page text never holds (they become U+FFFD first). One
// that ends up where markup means nothing, in code for instance, turns back into its source. Values; any thread. Views
// point into the page's source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sitepod::builder::markdown {

enum class SpecialKind : std::uint8_t {
  kInlineMath,
  kDisplayMath,
  kAutolink,
  kWikilink,  // [[page|text]]
  kEmbed,     // ![[picture|text]]
  kFootnoteReference,
  kFootnoteBody,  // the text of a footnote begins here; only in a source made of footnotes
  kLineBreak,     // <br>
  kComment,       // <!-- … -->
  kPlainText,     // the rest of a line behind too many brackets
};

struct Special {
  SpecialKind kind = SpecialKind::kComment;
  std::string_view source;   // as written
  std::size_t footnote = 0;  // index
  std::size_t quotes = 0;    // ">" that begin each further line of the source
};

struct Footnote {
  std::string id;                    // in lower case
  std::string body;                  // markdown, without the indentation of its lines
  std::vector<std::uint32_t> lines;  // of the page, for each line of the body
};

struct Source {
  std::string text;
  std::vector<Special> specials;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> line_starts;  // offset in text → line of the page
  // Lines "[label]: address", with their numbers; footnotes may use them too.
  std::vector<std::pair<std::string_view, std::uint32_t>> link_definitions;

  std::uint32_t line_at(std::size_t offset) const;
};

constexpr std::string_view kPlaceholderStart = "\xEF\xB7\x90";  // U+FDD0
constexpr std::string_view kPlaceholderEnd = "\xEF\xB7\x91";    // U+FDD1

struct Placeholder {
  std::size_t begin = 0;  // in the searched text
  std::size_t end = 0;
  std::size_t index = 0;  // in Source::specials
};
std::optional<Placeholder> find_placeholder(std::string_view text, std::size_t from);

// The text with every placeholder replaced by what it stands for.
void append_restored(std::string_view text, const Source& source, std::string& out);

}  // namespace sitepod::builder::markdown
