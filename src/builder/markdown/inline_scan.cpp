#include "builder/markdown/inline_scan.hpp"

#include <algorithm>

#include "builder/markdown/bare_link.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::size_t kLongestWikilink = 400;
constexpr std::size_t kLongestFootnoteId = 200;
// Of a paragraph: md4c 0.4.8 takes ten times as long for a bracket as for a letter.
constexpr std::size_t kMaxBrackets = 10'000;

constexpr auto kIsSpecial = [] {
  std::array<bool, 256> table{};
  for (const char c : {'\\', '`', '<', '$', '[', ']', ':', '.', '@'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_punctuation(char c) { return c > ' ' && c < 0x7F && !is_alnum(c); }

constexpr std::size_t kNotSearched = std::string_view::npos - 1;

// The next place of `wanted` at or behind `from`; looks at each part of the text once.
std::size_t find_next(std::string_view text, std::string_view wanted, std::size_t from, std::size_t& known) {
  if (known == kNotSearched || (known != std::string_view::npos && known < from)) known = text.find(wanted, from);
  return known;
}

// "$5 apples and 6$": an amount, then a word.
bool reads_as_money(std::string_view math) {
  const std::size_t amount = std::min(math.find_first_not_of("0123456789.,"), math.size());
  if (amount == 0 || amount == math.size()) return false;
  const std::size_t word = math.find_first_not_of(' ', amount);
  return word > amount && word + 1 < math.size() && is_alnum(math[word]) && !is_digit(math[word]) &&
         is_alnum(math[word + 1]) && !is_digit(math[word + 1]);
}

}  // namespace

void InlineScanner::start_lines(const std::vector<std::uint32_t>* lines) {
  lines_ = lines;
  next_line_ = 0;
}

void InlineScanner::begin_footnote(std::size_t index) {
  source_.text += "\n\n";
  text_ = {};
  place(SpecialKind::kFootnoteBody, 0, 0, index);
  source_.text += "\n\n";
}

void InlineScanner::begin_line() {
  const std::size_t index = next_line_++;
  const auto line = lines_ == nullptr        ? static_cast<std::uint32_t>(index + 1)
                    : index < lines_->size() ? (*lines_)[index]
                    : lines_->empty()        ? 1
                                             : lines_->back();
  source_.line_starts.emplace_back(static_cast<std::uint32_t>(source_.text.size()), line);
}

void InlineScanner::copy_line(std::string_view line) {
  begin_line();
  source_.text += line;
}

void InlineScanner::copy_definition(std::string_view line) {
  copy_line(line);
  source_.link_definitions.emplace_back(line, source_.line_starts.back().second);
}

void InlineScanner::scan(std::string_view text, std::size_t quotes) {
  text_ = text;
  quotes_ = quotes;
  at_ = copied_ = floor_ = 0;
  comment_end_ = angle_end_ = dollars_ = kNotSearched;
  has_seen_all_backticks_ = false;
  brackets_ = 0;
  last_backticks_.fill(0);
  begin_line();
  while (at_ < text_.size()) {
    if (kIsSpecial[static_cast<unsigned char>(text_[at_])])
      step();
    else
      ++at_;
  }
  copy_to(text_.size());
}

void InlineScanner::step() {
  switch (text_[at_]) {
    case '\\':
      scan_escape();
      break;
    case '`':
      scan_code();
      break;
    case '<':
      scan_angle();
      break;
    case '$':
      scan_dollar();
      break;
    case '[':
      scan_bracket();
      break;
    case ']':
      scan_destination();
      break;
    default:
      scan_bare_link();
      break;
  }
}

void InlineScanner::copy_to(std::size_t end) {
  while (copied_ < end) {
    const std::size_t line_end = std::min(text_.substr(0, end).find('\n', copied_), end - 1) + 1;
    source_.text.append(text_, copied_, line_end - copied_);
    copied_ = line_end;
    if (text_[line_end - 1] == '\n' && line_end < text_.size()) begin_line();
  }
}

// Requires: what lies before `begin` was not copied beyond it.
void InlineScanner::place(SpecialKind kind, std::size_t begin, std::size_t end, std::size_t footnote) {
  copy_to(begin);
  source_.text.append(kPlaceholderStart).append(std::to_string(source_.specials.size())).append(kPlaceholderEnd);
  source_.specials.push_back({kind, text_.substr(begin, end - begin), footnote, quotes_});
  next_line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                    text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  at_ = copied_ = floor_ = end;
}

void InlineScanner::scan_escape() {
  at_ += at_ + 1 < text_.size() && is_punctuation(text_[at_ + 1]) ? 2 : 1;
  floor_ = at_;
}

// Jumps over a code span, or over backticks that begin none (as cmark does: one look at each run of backticks).
void InlineScanner::scan_code() {
  const std::size_t after = std::min(text_.find_first_not_of('`', at_), text_.size());
  const std::size_t length = after - at_;
  at_ = floor_ = after;
  if (length > kLongestCodeFence || (has_seen_all_backticks_ && last_backticks_[length] < after)) return;
  for (std::size_t run = text_.find('`', after); run != std::string_view::npos;) {
    const std::size_t run_end = std::min(text_.find_first_not_of('`', run), text_.size());
    if (run_end - run <= kLongestCodeFence) last_backticks_[run_end - run] = run;
    if (run_end - run == length) {
      at_ = floor_ = run_end;
      return;
    }
    run = text_.find('`', run_end);
  }
  has_seen_all_backticks_ = true;
}

// Comments go away, <br> breaks the line, tags and addresses in angle brackets are left to md4c.
void InlineScanner::scan_angle() {
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("<!--")) {
    const std::size_t end = find_next(text_, "-->", at_ + 2, comment_end_);
    if (end != std::string_view::npos) return place(SpecialKind::kComment, at_, std::max(end + 3, at_ + 5));
  }
  const std::size_t end = find_next(text_, ">", at_, angle_end_);
  const bool is_tag = rest.size() > 1 && (is_alnum(rest[1]) || rest[1] == '/');
  if (!is_tag || end == std::string_view::npos) {
    floor_ = ++at_;
    return;
  }
  const std::string name = end - at_ <= 8 ? lower_case(trim(text_.substr(at_ + 1, end - at_ - 1))) : "";
  if (name == "br" || name == "br/" || name == "br /") return place(SpecialKind::kLineBreak, at_, end + 1);
  at_ = floor_ = end + 1;
}

void InlineScanner::scan_dollar() {
  const std::size_t after = std::min(text_.find_first_not_of('$', at_), text_.size());
  const std::size_t run = after - at_;
  if ((run == 2 && scan_display_math()) || (run == 1 && scan_inline_math())) return;
  at_ = floor_ = after;
}

bool InlineScanner::scan_display_math() {
  const std::size_t end = find_next(text_, "$$", at_ + 2, dollars_);
  if (end == std::string_view::npos || trim(text_.substr(at_ + 2, end - at_ - 2)).empty()) return false;
  place(SpecialKind::kDisplayMath, at_, end + 2);
  return true;
}

// Pandoc's rule: no space inside next to the signs, no digit behind the second; and the next sign on the line is the
// second, so that "$5 and $10" stays what it is.
bool InlineScanner::scan_inline_math() {
  const std::size_t begin = at_ + 1;
  if (begin >= text_.size() || is_space(text_[begin]) || (at_ > 0 && is_alnum(text_[at_ - 1]))) return false;
  std::size_t end = begin;
  while (end < text_.size() && text_[end] != '$' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
  if (end >= text_.size() || text_[end] != '$' || is_space(text_[end - 1])) return false;
  if (end + 1 < text_.size() && (is_digit(text_[end + 1]) || text_[end + 1] == '$')) return false;
  const std::string_view math = text_.substr(begin, end - begin);
  const bool crosses_cells = trim(text_).starts_with('|') && math.find(" | ") != std::string_view::npos;
  if (math.empty() || crosses_cells || reads_as_money(math)) return false;
  place(SpecialKind::kInlineMath, at_, end + 1);
  return true;
}

void InlineScanner::scan_bracket() {
  if (++brackets_ > kMaxBrackets) return place_rest_of_line();
  if (scan_wikilink() || scan_footnote_reference()) return;
  floor_ = ++at_;
}

void InlineScanner::place_rest_of_line() {
  place(SpecialKind::kPlainText, at_, std::min(text_.find('\n', at_), text_.size()));
}

bool InlineScanner::scan_wikilink() {
  const std::string_view rest = text_.substr(at_, kLongestWikilink);
  if (!reads_wikilinks_ || !rest.starts_with("[[")) return false;
  const std::size_t end = rest.find_first_of("[]\n", 2);
  if (end == std::string_view::npos || !rest.substr(end).starts_with("]]")) return false;
  if (trim(rest.substr(2, end - 2)).empty() || rest.substr(end + 2).starts_with('(')) return false;
  const bool is_embed = at_ > copied_ && at_ > floor_ && text_[at_ - 1] == '!';
  if (is_embed)
    place(SpecialKind::kEmbed, at_ - 1, at_ + end + 2);
  else
    place(SpecialKind::kWikilink, at_, at_ + end + 2);
  return true;
}

bool InlineScanner::scan_footnote_reference() {
  const std::string_view rest = text_.substr(at_, kLongestFootnoteId);
  if (footnotes_.empty() || !rest.starts_with("[^")) return false;
  const std::size_t end = rest.find_first_of("[] \t\n", 2);
  if (end == std::string_view::npos || rest[end] != ']') return false;
  const auto found = footnotes_.find(lower_case(rest.substr(2, end - 2)));
  if (found == footnotes_.end()) return false;
  place(SpecialKind::kFootnoteReference, at_, at_ + end + 1, found->second);
  return true;
}

// The address in "](address" is md4c's.
void InlineScanner::scan_destination() {
  ++at_;
  if (text_.substr(at_).starts_with("(<"))
    at_ = std::min(text_.find_first_of(">\n", at_), text_.size());
  else if (text_.substr(at_).starts_with('('))
    for (; at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')'; ++at_)
      if (text_[at_] == '[' && ++brackets_ > kMaxBrackets) return place_rest_of_line();
  floor_ = at_;
}

void InlineScanner::scan_bare_link() {
  const auto link = find_bare_link(text_, at_, std::max(copied_, floor_));
  if (link)
    place(SpecialKind::kAutolink, link->begin, link->end);
  else
    ++at_;
}

}  // namespace sitepod::builder::markdown
