#include "builder/template_tokens.hpp"

#include <algorithm>

namespace sitepod::builder {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_space(char c) { return is_blank(c) || c == '\n'; }

Error mistake(std::uint32_t line, std::string_view what) {
  return invalid("invalid_template", std::to_string(line) + ": " + std::string(what));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  while (i < text.size()) {
    while (i < text.size() && is_space(text[i])) ++i;
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    if (i > begin) words.push_back(text.substr(begin, i - begin));
  }
  return words;
}

class Cutter {
 public:
  Cutter(std::string_view text, Indentation indentation) : text_(text), indentation_(indentation) {}

  Result<std::vector<TemplateToken>> cut() {
    while (at_ < text_.size()) {
      const std::size_t open = find_opening();
      if (open == std::string_view::npos) break;
      SITEPOD_TRY(cut_tag(open));
    }
    add_literal(text_.substr(at_));
    return std::move(tokens_);
  }

 private:
  std::size_t find_opening() const {
    for (std::size_t i = at_; i + 1 < text_.size(); ++i)
      if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) return i;
    return std::string_view::npos;
  }

  Result<void> cut_tag(std::size_t open) {
    const char mark = text_[open + 1];
    const std::string closing = {mark == '{' ? '}' : mark, '}'};
    const std::uint32_t line = line_at(open);
    const std::size_t close = text_.find(closing, open + 2);
    if (close == std::string_view::npos) return mistake(line, "\"{" + std::string(1, mark) + "\" is never closed");
    std::size_t literal_end = open;
    std::size_t next = close + 2;
    if (mark != '{') take_whole_line(literal_end, next);
    add_literal(text_.substr(at_, literal_end - at_));
    at_ = next;
    if (mark == '#') return {};
    TemplateToken token;
    token.kind = mark == '{' ? TemplateToken::Kind::Value : TemplateToken::Kind::Block;
    token.words = words_of(text_.substr(open + 2, close - open - 2));
    token.line = line;
    if (token.words.empty()) return mistake(line, "empty braces");
    tokens_.push_back(std::move(token));
    return {};
  }

  void take_whole_line(std::size_t& begin, std::size_t& end) const {
    std::size_t line_begin = begin;
    while (line_begin > at_ && is_blank(text_[line_begin - 1])) --line_begin;
    const bool starts_line = line_begin == 0 || text_[line_begin - 1] == '\n';
    std::size_t line_end = end;
    while (line_end < text_.size() && is_blank(text_[line_end])) ++line_end;
    if (!starts_line || (line_end < text_.size() && text_[line_end] != '\n')) return;
    begin = line_begin;
    end = std::min(line_end + 1, text_.size());
  }

  void add_literal(std::string_view text) {
    if (text.empty()) return;
    TemplateToken token;
    token.line = line_at(static_cast<std::size_t>(text.data() - text_.data()));
    token.literal.reserve(text.size());
    bool at_line_start = text.data() == text_.data() || text.data()[-1] == '\n';
    for (const char c : text) {
      if (at_line_start && indentation_ == Indentation::Drop && is_blank(c)) continue;
      token.literal.push_back(c);
      at_line_start = c == '\n';
    }
    if (!token.literal.empty()) tokens_.push_back(std::move(token));
  }

  // Asked for growing positions: every character is looked at once.
  std::uint32_t line_at(std::size_t position) {
    if (position < counted_to_) return line_;
    const auto piece = text_.substr(counted_to_, position - counted_to_);
    line_ += static_cast<std::uint32_t>(std::count(piece.begin(), piece.end(), '\n'));
    counted_to_ = position;
    return line_;
  }

  std::string_view text_;
  Indentation indentation_;
  std::size_t at_ = 0;
  std::size_t counted_to_ = 0;
  std::uint32_t line_ = 1;
  std::vector<TemplateToken> tokens_;
};

}  // namespace

Result<std::vector<TemplateToken>> cut_template(std::string_view text, Indentation indentation) {
  return Cutter(text, indentation).cut();
}

}  // namespace sitepod::builder
