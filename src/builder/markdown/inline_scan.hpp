// Finds in inline text what md4c is not to see (source.hpp) and writes placeholders for it. One source; one thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "builder/markdown/source.hpp"

namespace sitepod::builder::markdown {

using FootnoteIndex = std::unordered_map<std::string, std::size_t>;  // id in lower case → index

class InlineScanner {
 public:
  InlineScanner(const FootnoteIndex& footnotes, bool reads_wikilinks, Source& source)
      : footnotes_(footnotes), reads_wikilinks_(reads_wikilinks), source_(source) {}

  // Lines that follow have these numbers; without: 1, 2, 3…
  void start_lines(const std::vector<std::uint32_t>* lines);
  void begin_footnote(std::size_t index);

  void break_paragraph() { source_.text += '\n'; }
  void copy_line(std::string_view line);
  void copy_definition(std::string_view line);
  // The lines of one run of inline text; `quotes`: how many ">" stand before each.
  void scan(std::string_view text, std::size_t quotes);

 private:
  void step();
  void copy_to(std::size_t end);
  void begin_line();
  void place(SpecialKind kind, std::size_t begin, std::size_t end, std::size_t footnote = 0);

  void scan_escape();
  void scan_code();
  void scan_angle();
  void scan_dollar();
  bool scan_display_math();
  bool scan_inline_math();
  void scan_bracket();
  void place_rest_of_line();
  bool scan_wikilink();
  bool scan_footnote_reference();
  void scan_destination();
  void scan_bare_link();

  const FootnoteIndex& footnotes_;
  const bool reads_wikilinks_;
  Source& source_;
  const std::vector<std::uint32_t>* lines_ = nullptr;
  std::size_t next_line_ = 0;  // index of the line that begins next

  std::string_view text_;
  std::size_t quotes_ = 0;
  std::size_t at_ = 0;      // looked at so far
  std::size_t copied_ = 0;  // written so far
  std::size_t floor_ = 0;   // from here to at_ the text is plain: a bare link may reach back to it
  static constexpr std::size_t kLongestCodeFence = 80;
  std::array<std::size_t, kLongestCodeFence + 1> last_backticks_{};  // by length of run
  bool has_seen_all_backticks_ = false;
  std::size_t brackets_ = 0;  // "[" seen
  // Where the next of these stands, or npos; kept so that a flood of openings is searched once.
  std::size_t comment_end_ = 0;
  std::size_t angle_end_ = 0;
  std::size_t dollars_ = 0;
};

}  // namespace sitepod::builder::markdown
