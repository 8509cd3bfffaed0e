// Languages made of words, strings, numbers and comments; the others are in code_painter_forms.cpp.
#include "builder/markdown/code_painter.hpp"

#include <algorithm>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// A regular expression is looked for only so far: a flood of slashes is not to cost more.
constexpr std::size_t kLongestRegexp = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) { return is_alnum(c) || c == '_' || static_cast<signed char>(c) < 0; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

constexpr std::string_view kNamesFollow[] = {"class",    "struct",     "interface", "enum",      "trait", "type",
                                             "extends",  "implements", "new",       "def",       "func",  "function",
                                             "fn",       "fun",        "module",    "namespace", "impl",  "record",
                                             "protocol", "object",     "package",   "defmodule", "union"};
constexpr std::string_view kFunctionsFollow[] = {"def", "func", "function", "fn", "fun"};

bool contains(std::string_view const* begin, std::string_view const* end, std::string_view word) {
  return std::find(begin, end, word) != end;
}

}  // namespace

void CodePainter::paint() {
  switch (language_.form) {
    case CodeForm::kWords:
      paint_words();
      break;
    case CodeForm::kMarkup:
      paint_markup();
      break;
    case CodeForm::kStyle:
      paint_style();
      break;
    case CodeForm::kJson:
      paint_json();
      break;
    case CodeForm::kYaml:
      paint_yaml();
      break;
    case CodeForm::kIni:
      paint_ini();
      break;
    case CodeForm::kDiff:
      paint_diff();
      break;
    case CodeForm::kConsole:
      paint_console();
      break;
    case CodeForm::kProse:
      paint_prose();
      break;
  }
}

std::size_t CodePainter::line_end() const { return std::min(code_.find('\n', at_), code_.size()); }

bool CodePainter::begins_line() const {
  const std::size_t sign = at_ == 0 ? std::string_view::npos : code_.find_last_not_of(" \t", at_ - 1);
  return sign == std::string_view::npos || code_[sign] == '\n';
}

void CodePainter::take(std::size_t end, std::string_view css_class) {
  const std::string_view piece = code_.substr(at_, end - at_);
  at_ = end;
  if (piece.empty()) return;
  if (!css_class.empty()) out_.append("<span class=\"hljs-").append(css_class).append("\">");
  append_escaped(piece, out_);
  if (!css_class.empty()) out_ += "</span>";
}

void CodePainter::paint_words() {
  while (!is_done()) {
    if (take_comment() || take_string() || take_number() || take_directive() || take_mark() || take_dollar_name() ||
        take_regexp())
      continue;
    if (is_word(here())) {
      take_word();
      continue;
    }
    if (!is_space(here())) last_sign_ = here();
    std::size_t end = at_ + 1;
    while (end < code_.size() && is_space(code_[end]) && code_[end] != '\n') ++end;
    take(end, {});
  }
}

bool CodePainter::take_comment() {
  if (!language_.block_begin.empty() && is_at(language_.block_begin)) {
    const std::size_t end = code_.find(language_.block_end, at_ + language_.block_begin.size());
    take(end == std::string_view::npos ? code_.size() : end + language_.block_end.size(), "comment");
    return true;
  }
  for (std::string_view rest = language_.line_comments; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string_view begin = rest.substr(0, space);
    rest.remove_prefix(std::min(space + 1, rest.size()));
    const bool stands_free = !has(kHashNeedsSpace) && !is_alnum(begin.front());
    if (is_at(begin) && (stands_free || is_space(before()))) {
      take_line("comment");
      return true;
    }
  }
  return false;
}

bool CodePainter::take_string() {
  const char quote = here();
  if (language_.quotes.find(quote) == std::string_view::npos) return false;
  // An apostrophe in a word of shell or of another tongue begins no string.
  if (quote == '\'' && is_word(before()) && has(kLifetimes)) return false;
  if (quote == '\'' && has(kLifetimes) && behind() != '\\' && behind(2) != '\'') {
    std::size_t end = at_ + 1;
    while (end < code_.size() && is_word(code_[end])) ++end;
    take(end, end > at_ + 1 ? "symbol" : "");
    return true;
  }
  const std::string triple(3, quote);
  std::size_t end = at_ + 1;
  if (has(kTripleQuotes) && is_at(triple)) {
    end = code_.find(triple, at_ + 3);
    take(end == std::string_view::npos ? code_.size() : end + 3, "string");
  } else {
    const bool may_be_long = has(kLongStrings) || (quote == '`' && has(kLongBackticks));
    while (end < code_.size() && code_[end] != quote && (may_be_long || code_[end] != '\n'))
      end += code_[end] == '\\' && quote != '`' ? 2 : 1;
    end = std::min(end, code_.size());
    if (end < code_.size() && code_[end] == quote) ++end;
    // The key of an object may be a string.
    const bool is_key =
        has(kKeys) && end < code_.size() && code_[end] == ':' && (last_sign_ == '{' || last_sign_ == ',');
    take(end, is_key ? "attr" : "string");
  }
  last_sign_ = quote;
  return true;
}

bool CodePainter::take_number() {
  const bool begins =
      is_digit(here()) || (here() == '.' && is_digit(behind()) && !is_word(before()) && before() != '.');
  if (!begins || is_word(before())) return false;
  std::size_t end = at_;
  while (end < code_.size() && (is_alnum(code_[end]) || code_[end] == '_' || code_[end] == '.')) {
    if (code_[end] == '.' && (end + 1 == code_.size() || !is_digit(code_[end + 1]))) break;
    const bool is_exponent = (code_[end] == 'e' || code_[end] == 'E') && end + 1 < code_.size() && !is_at("0x") &&
                             (code_[end + 1] == '-' || code_[end + 1] == '+');
    end += is_exponent ? 2 : 1;
  }
  take(std::min(std::max(end, at_ + 1), code_.size()), "number");
  last_sign_ = '0';
  return true;
}

// Where a value may begin, "/" begins a regular expression.
bool CodePainter::take_regexp() {
  if (!has(kRegexps) || here() != '/' || before() == '<') return false;
  const bool follows_value =
      is_word(last_sign_) || last_sign_ == ')' || last_sign_ == ']' || last_sign_ == '"' || last_sign_ == '\'';
  const bool follows_keyword = class_of_word(language_, last_word_) == "keyword";
  if (follows_value && !(is_word(last_sign_) && follows_keyword)) return false;
  bool in_class = false;
  const std::size_t stop = std::min(line_end(), at_ + kLongestRegexp);
  for (std::size_t end = at_ + 1; end < stop; ++end) {
    const char c = code_[end];
    if (c == '\\') {
      ++end;
    } else if (c == '/' && !in_class) {
      if (end == at_ + 1) return false;
      do ++end;
      while (end < code_.size() && is_alnum(code_[end]));
      take(end, "regexp");
      last_sign_ = ')';
      return true;
    } else if (c == '[' || c == ']') {
      in_class = c == '[';
    }
  }
  return false;
}

bool CodePainter::take_directive() {
  if (!has(kHashDirectives) || here() != '#' || !begins_line()) return false;
  std::size_t end = line_end();
  while (end < code_.size() && code_[end - 1] == '\\') end = std::min(code_.find('\n', end + 1), code_.size());
  // What follows on the line may be a comment.
  const std::size_t comment = std::min(code_.substr(0, end).find("//", at_), code_.substr(0, end).find("/*", at_));
  take(std::min(end, comment), "meta");
  return true;
}

bool CodePainter::take_mark() {
  const bool is_command = language_.names.starts_with("latex") && here() == '\\';
  if (!is_command && !(has(kAtMarks) && here() == '@')) return false;
  std::size_t end = at_ + 1;
  while (end < code_.size() && (is_word(code_[end]) || (code_[end] == '.' && !is_command))) ++end;
  if (end == at_ + 1) return false;
  take(end, is_command ? "keyword" : "meta");
  last_sign_ = 'a';
  return true;
}

bool CodePainter::take_dollar_name() {
  if (!has(kDollarNames) || here() != '$') return false;
  std::size_t end = at_ + 1;
  if (behind() == '{' || behind() == '(') {
    const char close = behind() == '{' ? '}' : ')';
    const std::size_t found = code_.substr(0, std::min(line_end(), at_ + 80)).find(close, at_);
    if (found == std::string_view::npos || (close == ')' && !language_.names.starts_with("makefile"))) return false;
    end = found + 1;
  } else {
    while (end < code_.size() && (is_word(code_[end]) || (end == at_ + 1 && std::string_view("@#?!*").find(
                                                                                code_[end]) != std::string_view::npos)))
      ++end;
  }
  if (end == at_ + 1) return false;
  const std::string_view known = class_of_word(language_, code_.substr(at_, end - at_));
  take(end, known.empty() ? "variable" : known);
  last_sign_ = 'a';
  return true;
}

void CodePainter::take_word() {
  std::size_t end = at_;
  while (end < code_.size() && (is_word(code_[end]) || (has(kHyphenNames) && code_[end] == '-' &&
                                                        end + 1 < code_.size() && is_word(code_[end + 1]))))
    ++end;
  const std::string_view word = code_.substr(at_, end - at_);
  std::string_view css_class = last_sign_ == '.' ? std::string_view{} : class_of_word(language_, word);
  if (css_class.empty()) css_class = class_of_plain_word(word, end);
  take(end, css_class);
  last_word_ = word;
  last_sign_ = 'a';
}

std::string_view CodePainter::class_of_plain_word(std::string_view word, std::size_t end) const {
  const bool is_named = last_sign_ == 'a' && contains(std::begin(kNamesFollow), std::end(kNamesFollow), last_word_) &&
                        class_of_word(language_, last_word_) == "keyword";
  if (is_named)
    return contains(std::begin(kFunctionsFollow), std::end(kFunctionsFollow), last_word_) ? "title function_"
                                                                                          : "title class_";
  const char next = end < code_.size() ? code_[end] : '\0';
  const char after = end + 1 < code_.size() ? code_[end + 1] : '\0';
  if (has(kKeys) && next == ':' && after != ':' &&
      (last_sign_ == '{' || last_sign_ == ',' || last_sign_ == '(' || begins_line()))
    return "attr";
  const bool has_small = std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (has(kTypesAreCapital) && is_capital(word.front()) && has_small) return "title class_";
  if (has(kCalls) && next == '(') return "title function_";
  return {};
}

}  // namespace sitepod::builder::markdown
