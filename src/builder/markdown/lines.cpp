#include "builder/markdown/lines.hpp"

#include <algorithm>
#include <unordered_set>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::size_t kCodeIndent = 4;
constexpr std::size_t kUsualLine = 40;
// md4c 0.4.8 takes time for each bracket times each line of a paragraph.
constexpr std::size_t kMaxMarkers = 100;
constexpr std::size_t kMaxParagraphLines = 256;

// What stands before the text of a line: indentation, ">" of quotes, markers of list items.
struct Prefix {
  std::size_t length = 0;
  std::size_t quotes = 0;
  std::size_t indent = 0;       // spaces before the first marker or the text
  std::size_t last_indent = 0;  // spaces right before the text
  std::size_t item_indent = 0;  // column of the text behind the last list marker; 0: none
};

std::size_t list_marker(std::string_view text) {
  std::size_t length = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == '*')) {
    length = 1;
  } else {
    while (length < text.size() && length < 9 && text[length] >= '0' && text[length] <= '9') ++length;
    if (length == 0 || length == text.size() || (text[length] != '.' && text[length] != ')')) return 0;
    ++length;
  }
  const bool is_marker = length == text.size() || text[length] == ' ' || text[length] == '\t';
  return is_marker ? length : 0;
}

Prefix read_prefix(std::string_view line) {
  Prefix prefix;
  for (bool is_first = true;; is_first = false) {
    const std::size_t start = prefix.length;
    bool has_tab = false;
    for (; prefix.length < line.size() && (line[prefix.length] == ' ' || line[prefix.length] == '\t'); ++prefix.length)
      has_tab = has_tab || line[prefix.length] == '\t';
    prefix.last_indent = prefix.length - start;
    if (has_tab) prefix.last_indent += kCodeIndent - 1;
    if (is_first) prefix.indent = prefix.last_indent;
    const std::string_view rest = line.substr(prefix.length);
    if (rest.starts_with('>')) {
      ++prefix.quotes;
      ++prefix.length;
    } else if (const std::size_t marker = list_marker(rest); marker > 0) {
      prefix.length += marker;
      prefix.item_indent = prefix.length + 1;
    } else {
      return prefix;
    }
  }
}

std::string_view fence_at(std::string_view text) {
  if (!text.starts_with("```") && !text.starts_with("~~~")) return {};
  const std::size_t length = std::min(text.find_first_not_of(text[0]), text.size());
  if (text[0] == '`' && text.find('`', length) != std::string_view::npos) return {};
  return text.substr(0, length);
}

// Requires: nothing stands before the text.
bool closes_fence(std::string_view text, std::string_view fence) {
  if (!text.starts_with(fence[0])) return false;
  text = trim(text);
  return text.size() >= fence.size() && text.find_first_not_of(fence[0]) == std::string_view::npos;
}

bool is_link_definition(std::string_view text) {
  if (!text.starts_with('[')) return false;
  const std::size_t end = text.find(']');
  return end != std::string_view::npos && end > 1 && end + 1 < text.size() && text[end + 1] == ':';
}

bool is_table_rule(std::string_view text) {
  return text.find_first_not_of("|-: ") == std::string_view::npos && text.find('-') != std::string_view::npos &&
         text.find_first_of("|:") != std::string_view::npos;
}

std::size_t cells(std::string_view row) {
  row = trim(row);
  if (row.starts_with('|')) row.remove_prefix(1);
  if (row.ends_with('|') && !row.ends_with("\\|")) row.remove_suffix(1);
  std::size_t count = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '\\')
      ++i;
    else if (row[i] == '|')
      ++count;
  }
  return count;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) { page_.lines.reserve(text.size() / kUsualLine + 1); }

  PageLines split() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
      add(text_.substr(at_, end - at_));
      at_ = end;
    }
    page_.open_fence = fence_;
    return std::move(page_);
  }

 private:
  void push(LineKind kind, std::size_t size, bool continues = false, std::size_t quotes = 0) {
    const auto begin = static_cast<std::uint32_t>(at_);
    page_.lines.push_back(
        {begin, begin + static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(quotes), kind, continues});
  }

  void add(std::string_view whole) {
    const std::string_view line = whole.ends_with('\n') ? whole.substr(0, whole.size() - 1) : whole;
    if (in_comment_) {
      in_comment_ = line.find("-->") == std::string_view::npos;
      push(LineKind::kText, whole.size(), true, quotes_);
      return;
    }
    if (in_footnote_ && continue_footnote(line)) {
      push(LineKind::kLifted, whole.size());
      return;
    }
    const Prefix prefix = read_prefix(line);
    const std::string_view text = line.substr(prefix.length);
    if (!fence_.empty() && continue_fence(prefix, text)) {
      push(LineKind::kVerbatim, whole.size());
      return;
    }
    if (text.empty() && prefix.item_indent == 0) {
      was_blank_ = true;
      push(LineKind::kBlank, whole.size());
      return;
    }
    add_text(whole, prefix, text);
    was_blank_ = false;
  }

  void add_text(std::string_view whole, const Prefix& prefix, std::string_view text) {
    if (prefix.item_indent > 0)
      list_indent_ = prefix.item_indent;
    else if (was_blank_ && prefix.indent == 0)
      list_indent_ = 0;
    const bool is_plain = prefix.quotes == 0 && prefix.item_indent == 0 && prefix.indent < kCodeIndent;
    if (is_plain && begin_footnote(text)) {
      push(LineKind::kLifted, whole.size());
      return;
    }
    const bool may_be_code = prefix.last_indent >= kCodeIndent && list_indent_ == 0;
    if (const std::string_view fence = fence_at(text); !fence.empty() && !may_be_code) {
      fence_ = fence;
      fence_quotes_ = prefix.quotes;
      fence_indent_ = prefix.item_indent > 0 || prefix.indent >= list_indent_ ? list_indent_ : 0;
      push(LineKind::kVerbatim, whole.size());
      return;
    }
    if (is_plain && is_link_definition(text)) {
      push(LineKind::kLinkDefinition, whole.size());
      return;
    }
    if (is_table_rule(text) && may_head_table(prefix, text)) {
      push(LineKind::kTableRule, whole.size());
      return;
    }
    push_text(whole, prefix, text);
  }

  void push_text(std::string_view whole, const Prefix& prefix, std::string_view text) {
    const bool stands_alone = text.starts_with('#') || text.starts_with('|');
    bool continues = !page_.lines.empty() && page_.lines.back().kind == LineKind::kText && !was_alone_ &&
                     !stands_alone && prefix.item_indent == 0 && prefix.quotes <= quotes_;
    const bool breaks = continues && is_too_long(text);
    if (breaks) continues = false;
    if (!continues) {
      run_ = 0;
      is_table_ = !page_.lines.empty() && page_.lines.back().kind == LineKind::kTableRule;
    }
    quotes_ = prefix.quotes;
    was_alone_ = stands_alone;
    push(LineKind::kText, whole.size(), continues, prefix.quotes);
    page_.lines.back().breaks = breaks;
    // A comment block ends only with "-->", also across blank lines.
    in_comment_ = text.starts_with("<!--") && text.find("-->") == std::string_view::npos && comment_ends();
  }

  // Whether the line before is one line of text with as many cells as the rule has.
  bool may_head_table(const Prefix& prefix, std::string_view rule) const {
    if (was_blank_ || page_.lines.empty() || prefix.item_indent > 0 || prefix.indent < list_indent_) return false;
    const Line& head = page_.lines.back();
    const std::string_view text = text_.substr(head.begin, head.end - head.begin);
    return head.kind == LineKind::kText && !head.continues && head.quotes == prefix.quotes &&
           cells(text.substr(read_prefix(text).length)) == cells(rule);
  }

  // Rows of tables and underlined headings are no paragraphs, however many follow each other.
  bool is_too_long(std::string_view text) {
    const bool is_underline = text.find_first_not_of("-= ") == std::string_view::npos;
    run_ = is_underline ? 0 : run_ + 1;
    return run_ >= kMaxParagraphLines && !is_table_;
  }

  bool comment_ends() {
    if (comment_end_ != std::string_view::npos && (comment_end_ < at_ || comment_end_ == 0))
      comment_end_ = text_.find("-->", at_);
    return comment_end_ != std::string_view::npos;
  }

  // Whether a line still belongs to the open fence; notices where the fence ends.
  bool continue_fence(const Prefix& prefix, std::string_view text) {
    const bool left_quote = prefix.quotes < fence_quotes_;
    const bool left_item = fence_quotes_ == 0 && prefix.indent < fence_indent_ &&
                           !(text.empty() && prefix.length == 0) && !(text.empty() && prefix.item_indent == 0);
    if (left_quote || left_item) {
      fence_ = {};
      return false;
    }
    if (closes_fence(text, fence_)) fence_ = {};
    was_blank_ = false;
    return true;
  }

  bool begin_footnote(std::string_view text) {
    const std::size_t marker = footnote_marker(text);
    if (marker == 0) return false;
    std::string id = lower_case(text.substr(2, text.find(']') - 2));
    in_footnote_ = true;
    is_duplicate_ = !footnote_ids_.insert(id).second;
    was_blank_ = false;
    if (!is_duplicate_) page_.footnotes.push_back({std::move(id), {}, {}});
    append_to_footnote(text.substr(marker));
    return true;
  }

  bool continue_footnote(std::string_view line) {
    const Prefix prefix = read_prefix(line);
    if (trim(line).empty()) {
      was_blank_ = true;
      append_to_footnote({});
      return true;
    }
    if (prefix.indent >= kCodeIndent) {
      append_to_footnote(line.substr(line[0] == '\t' ? 1 : std::min(kCodeIndent, prefix.length)));
      was_blank_ = false;
      return true;
    }
    const std::string_view text = line.substr(prefix.length);
    const bool begins_block = prefix.quotes > 0 || prefix.item_indent > 0 || text.starts_with('#') ||
                              text.starts_with('|') || !fence_at(text).empty() || footnote_marker(text) > 0 ||
                              is_link_definition(text);
    in_footnote_ = !was_blank_ && !begins_block;
    if (in_footnote_) append_to_footnote(text);
    return in_footnote_;
  }

  void append_to_footnote(std::string_view text) {
    if (is_duplicate_) return;
    Footnote& footnote = page_.footnotes.back();
    footnote.body.append(text) += '\n';
    footnote.lines.push_back(static_cast<std::uint32_t>(page_.lines.size() + 1));
  }

  const std::string_view text_;
  PageLines page_;
  std::size_t at_ = 0;
  bool was_blank_ = true;
  bool was_alone_ = false;
  std::size_t run_ = 0;  // lines that continue the text
  bool is_table_ = false;
  std::size_t quotes_ = 0;
  std::size_t list_indent_ = 0;  // of the list item that the line may belong to
  std::string_view fence_;
  std::size_t fence_quotes_ = 0;
  std::size_t fence_indent_ = 0;
  bool in_comment_ = false;
  std::size_t comment_end_ = 0;
  bool in_footnote_ = false;
  bool is_duplicate_ = false;
  std::unordered_set<std::string> footnote_ids_;
};

}  // namespace

std::size_t too_deep_marker(std::string_view line) {
  std::size_t at = 0;
  for (std::size_t markers = 0;; ++markers) {
    at = std::min(line.find_first_not_of(" \t", at), line.size());
    const std::string_view rest = line.substr(at);
    const std::size_t marker = rest.starts_with('>') ? 1 : list_marker(rest);
    if (marker == 0) return std::string_view::npos;
    if (markers == kMaxMarkers) return at;
    at += marker;
  }
}

std::size_t footnote_marker(std::string_view line) {
  if (!line.starts_with("[^")) return 0;
  const std::size_t close = line.find_first_of("] \t[", 2);
  if (close == std::string_view::npos || close == 2 || line[close] != ']') return 0;
  if (close + 1 >= line.size() || line[close + 1] != ':') return 0;
  return std::min(line.find_first_not_of(" \t", close + 2), line.size());
}

PageLines split_lines(std::string_view text) { return Splitter(text).split(); }

}  // namespace sitepod::builder::markdown
