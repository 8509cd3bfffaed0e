#include "content/file_references.hpp"

#include <algorithm>

namespace sitepod::content {
namespace {

constexpr std::string_view kScheme = "file:";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

class Replacing {
 public:
  Replacing(std::string_view text, const FindFile& find_file) : text_(text), find_file_(find_file) {}

  ReplacedReferences run() {
    while (at_ < text_.size()) take_line();
    return std::move(out_);
  }

 private:
  // ---- lines: fences and indented code stay as they are -----------------------------------------------------------
  void take_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    const std::string_view bare = without_markers(line);
    const std::size_t fence = fence_length(bare);
    const bool is_blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (fence_ > 0) {
      if (fence >= fence_ && bare.front() == fence_mark_ && is_only_fence(bare)) fence_ = 0;
      return copy_to(std::min(end + 1, text_.size()), is_blank);
    }
    if (fence > 0) {
      fence_ = fence;
      fence_mark_ = bare.front();
      return copy_to(std::min(end + 1, text_.size()), is_blank);
    }
    // Indented code begins only where no paragraph goes on (CommonMark §4.4).
    if (!is_blank && after_blank_ && (line.starts_with("    ") || line.starts_with('\t')))
      return copy_to(std::min(end + 1, text_.size()), true);
    if (is_definition(bare)) take_definition(bare, line);
    take_inlines(std::min(end + 1, text_.size()));
    after_blank_ = is_blank;
  }
  void copy_to(std::size_t end, bool is_blank) {
    out_.text += text_.substr(at_, end - at_);
    at_ = end;
    after_blank_ = is_blank;
  }

  // Without block quote marks and up to three spaces.
  static std::string_view without_markers(std::string_view line) {
    for (;;) {
      const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
      line.remove_prefix(spaces);
      if (!line.starts_with('>')) return line;
      line.remove_prefix(1);
    }
  }
  static std::size_t fence_length(std::string_view line) {
    if (line.empty() || (line.front() != '`' && line.front() != '~')) return 0;
    const std::size_t length = std::min(line.find_first_not_of(line.front()), line.size());
    if (length < 3) return 0;
    // A backtick fence has no backtick behind it: that is a code span.
    if (line.front() == '`' && line.find('`', length) != std::string_view::npos) return 0;
    return length;
  }
  static bool is_only_fence(std::string_view line) {
    return line.find_first_not_of(" \t\r", std::min(line.find_first_not_of(line.front()), line.size())) ==
           std::string_view::npos;
  }

  // "[name]: file:…"
  static bool is_definition(std::string_view line) {
    const std::size_t close = line.find("]:");
    return line.starts_with('[') && !line.starts_with("[^") && close != std::string_view::npos;
  }
  void take_definition(std::string_view bare, std::string_view line) {
    std::size_t start = bare.find("]:") + 2;
    start = std::min(bare.find_first_not_of(" \t", start), bare.size());
    const std::size_t offset = line.size() - bare.size() + start;
    out_.text += text_.substr(at_, offset);
    at_ += offset;
    take_destination(text_.find('\n', at_));
  }

  // ---- inlines ----------------------------------------------------------------------------------------------------
  void take_inlines(std::size_t end) {
    while (at_ < end) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        copy(2);
      } else if (c == '`') {
        take_code_span();
      } else if (text_.substr(at_).starts_with("](")) {
        copy(2);
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) copy(1);
        take_destination(text_.size());
      } else {
        copy(1);
      }
    }
  }
  void copy(std::size_t count) {
    out_.text += text_.substr(at_, count);
    at_ += std::min(count, text_.size() - at_);
  }
  // Up to the same number of backticks in the paragraph; without them they are only backticks.
  void take_code_span() {
    const std::size_t length = std::min(text_.find_first_not_of('`', at_), text_.size()) - at_;
    const std::size_t limit = std::min(paragraph_end(), text_.size());
    for (std::size_t i = at_ + length; i < limit;) {
      i = std::min(text_.find('`', i), limit);
      const std::size_t run = std::min(text_.find_first_not_of('`', i), text_.size()) - i;
      if (i < limit && run == length) return copy(i + run - at_);
      i += std::max<std::size_t>(run, 1);
    }
    copy(length);
  }
  // Found once for each paragraph, so that a text of backticks takes linear time.
  std::size_t paragraph_end() {
    if (paragraph_end_ <= at_) {
      paragraph_end_ = std::min(text_.find("\n\n", at_), text_.size());
      if (paragraph_end_ <= at_) paragraph_end_ = at_ + 1;
    }
    return paragraph_end_;
  }

  void take_destination(std::size_t limit) {
    const std::string_view rest = text_.substr(at_, limit == std::string_view::npos ? limit : limit - at_);
    const bool is_bracketed = rest.starts_with('<');
    const std::string_view inside = rest.substr(is_bracketed ? 1 : 0);
    if (!inside.starts_with(kScheme)) return;
    const std::size_t length = is_bracketed ? inside.find_first_of(">\n") : bare_length(inside);
    if (length == std::string_view::npos || (is_bracketed && inside[length] != '>')) return;
    replace(inside.substr(kScheme.size(), length - kScheme.size()), length + (is_bracketed ? 2 : 0));
  }
  // Parentheses may stand in it in pairs (CommonMark §6.3).
  static std::size_t bare_length(std::string_view text) {
    int depth = 0;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
      if (static_cast<unsigned char>(text[i]) <= ' ') break;
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && depth-- == 0) break;
    }
    return i;
  }
  void replace(std::string_view written, std::size_t length) {
    std::optional<std::string> url = find_file_(written);
    if (!url) url = find_file_(percent_decoded(written));
    if (url) {
      out_.text += *url;
    } else {
      ++out_.unresolved;
      out_.text += text_.substr(at_, length);
    }
    at_ += length;
  }

  const std::string_view text_;
  const FindFile& find_file_;
  ReplacedReferences out_;
  std::size_t at_ = 0;
  std::size_t fence_ = 0;  // marks of the open fence; 0: none
  char fence_mark_ = '`';
  bool after_blank_ = true;
  std::size_t paragraph_end_ = 0;
};

}  // namespace

ReplacedReferences replace_file_references(std::string_view markdown, const FindFile& find_file) {
  if (markdown.find(kScheme) == std::string_view::npos) return {std::string(markdown), 0};
  return Replacing(markdown, find_file).run();
}

}  // namespace sitepod::content
