#include "manuscript/markdown_lines.hpp"

#include <algorithm>

namespace sitepod::manuscript {
namespace {

constexpr std::size_t kCodeIndent = 4;
constexpr std::size_t kTabStop = 4;
constexpr std::size_t kMaxContainers = 100;  // deeper ones are text

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t run_of(std::string_view text, char c) { return std::min(text.find_first_not_of(c), text.size()); }

// "***", "- - -" (§4.1).
bool is_thematic_break(std::string_view text) {
  if (text.empty() || (text.front() != '*' && text.front() != '-' && text.front() != '_')) return false;
  const char mark = text.front();
  if (std::any_of(text.begin(), text.end(), [&](char c) { return c != mark && c != ' ' && c != '\t' && c != '\r'; }))
    return false;
  return std::count(text.begin(), text.end(), mark) >= 3;
}

bool is_heading(std::string_view text) {
  const std::size_t level = run_of(text, '#');
  return level >= 1 && level <= 6 && (level == text.size() || is_blank(text.substr(level, 1)));
}

// The marks that open or close a fence; 0: it is none (§4.5).
std::size_t fence_length(std::string_view text) {
  if (text.empty() || (text.front() != '`' && text.front() != '~')) return 0;
  const std::size_t length = run_of(text, text.front());
  if (length < 3) return 0;
  // A backtick fence has no backtick behind it: that is a code span.
  if (text.front() == '`' && text.find('`', length) != std::string_view::npos) return 0;
  return length;
}

// The bytes of "-", "+", "*", "1.", "12)" at the front; 0: there is no list marker (§5.2).
std::size_t list_marker(std::string_view text, bool must_begin_with_one) {
  if (text.empty()) return 0;
  std::size_t size = 1;
  if (is_digit(text.front())) {
    while (size < text.size() && size < 9 && is_digit(text[size])) ++size;
    if (must_begin_with_one && text.substr(0, size) != "1") return 0;
    if (size == text.size() || (text[size] != '.' && text[size] != ')')) return 0;
    ++size;
  } else if (text.front() != '-' && text.front() != '+' && text.front() != '*') {
    return 0;
  }
  return size == text.size() || is_blank(text.substr(size, 1)) ? size : 0;
}

}  // namespace

// A place in a line; columns count tabs as they stand (§2.2).
class MarkdownLines::Cursor {
 public:
  explicit Cursor(std::string_view line) : rest_(line) {}

  std::string_view rest() const { return rest_; }
  bool is_at_blank() const { return is_blank(rest_); }
  std::string_view text() const { return rest_.substr(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::size_t indent() const {
    std::size_t column = column_ + in_tab_;
    for (const char c : rest_.substr(in_tab_ > 0 ? 1 : 0)) {
      if (c != ' ' && c != '\t') break;
      column += c == ' ' ? 1 : kTabStop - column % kTabStop;
    }
    return column - column_;
  }

  // Over so many columns of white space, perhaps into a tab.
  void skip_columns(std::size_t count) {
    while (count > 0) {
      const std::size_t width = in_tab_ > 0 ? in_tab_ : rest_.front() == '\t' ? kTabStop - column_ % kTabStop : 1;
      const std::size_t step = std::min(width, count);
      column_ += step;
      count -= step;
      in_tab_ = width - step;
      if (in_tab_ == 0) rest_.remove_prefix(1);
    }
  }
  void skip_indent() { skip_columns(indent()); }
  void skip_bytes(std::size_t count) {
    column_ += count;
    rest_.remove_prefix(count);
  }

 private:
  std::string_view rest_;
  std::size_t column_ = 0;
  std::size_t in_tab_ = 0;  // columns left of the tab at the front, when some of it was skipped
};

// How many of the open containers the line belongs to; the cursor stands behind their marks.
std::size_t MarkdownLines::match_containers(Cursor& cursor) const {
  std::size_t matched = 0;
  for (const Container& container : containers_) {
    const std::size_t indent = cursor.indent();
    if (container.width > 0) {
      if (cursor.is_at_blank()) {
        cursor.skip_columns(std::min(indent, container.width));
      } else if (indent >= container.width) {
        cursor.skip_columns(container.width);
      } else {
        break;
      }
    } else {
      if (indent >= kCodeIndent || !cursor.text().starts_with('>')) break;
      cursor.skip_indent();
      cursor.skip_bytes(1);
      if (cursor.indent() > 0) cursor.skip_columns(1);
    }
    ++matched;
  }
  return matched;
}

bool MarkdownLines::open_container(Cursor& cursor, bool may_interrupt_only, std::vector<Container>& opened) const {
  const std::size_t indent = cursor.indent();
  const std::string_view text = cursor.text();
  if (indent >= kCodeIndent || text.empty() || is_thematic_break(text)) return false;
  if (text.front() == '>') {
    cursor.skip_indent();
    cursor.skip_bytes(1);
    if (cursor.indent() > 0) cursor.skip_columns(1);
    opened.push_back({0});
    return true;
  }
  const std::size_t marker = list_marker(text, may_interrupt_only);
  if (marker == 0 || (may_interrupt_only && is_blank(text.substr(marker)))) return false;
  cursor.skip_indent();
  cursor.skip_bytes(marker);
  // Much white space behind the marker is one space and code; none at all is an item that begins with an empty line.
  const std::size_t space = cursor.indent();
  const std::size_t padding = cursor.is_at_blank() || space > kCodeIndent ? 1 : space;
  if (!cursor.is_at_blank()) cursor.skip_columns(padding);
  opened.push_back({indent + marker + padding});
  return true;
}

// Inside of a fence, or at its beginning.
bool MarkdownLines::take_fence(std::string_view rest, std::size_t indent) {
  const std::size_t length = indent < kCodeIndent ? fence_length(rest) : 0;
  if (fence_.length == 0) {
    if (length > 0) fence_ = {length, rest.front(), containers_.size()};
    return length > 0;
  }
  const bool is_end = length >= fence_.length && rest.front() == fence_.mark && is_blank(rest.substr(length));
  if (is_end) fence_ = {};
  return true;
}

MarkdownLines::Line MarkdownLines::take(std::string_view line) {
  Cursor cursor(line);
  const std::size_t matched = match_containers(cursor);
  // A fence ends with what it stands in.
  if (fence_.length > 0 && matched < fence_.depth) fence_ = {};
  if (fence_.length > 0) {
    take_fence(cursor.text(), cursor.indent());
    return {true, {}};
  }

  std::vector<Container> opened;
  const bool is_inside = matched == containers_.size();
  while (matched + opened.size() < kMaxContainers &&
         open_container(cursor, in_paragraph_ && is_inside && opened.empty(), opened)) {
  }
  const std::size_t indent = cursor.indent();
  const std::string_view text = cursor.text();
  const bool begins_block =
      !opened.empty() ||
      (indent < kCodeIndent && (is_heading(text) || is_thematic_break(text) || fence_length(text) > 0));
  // A paragraph goes on, also in a line that lacks the marks of its containers (§5.1, "laziness"); code by indentation
  // does not interrupt it (§4.4).
  if (in_paragraph_ && !is_blank(text) && !begins_block) {
    if (is_inside && run_of(text, '=') == text.find_last_not_of(" \t\r") + 1)
      in_paragraph_ = false;  // a heading's (§4.3)
    return {false, text};
  }

  containers_.resize(matched);
  containers_.insert(containers_.end(), opened.begin(), opened.end());
  in_paragraph_ = false;
  if (is_blank(text)) return {false, text};
  if (indent >= kCodeIndent) return {true, {}};
  if (take_fence(text, indent)) return {true, {}};
  in_paragraph_ = !is_heading(text) && !is_thematic_break(text);
  return {false, text};
}

}  // namespace sitepod::manuscript
