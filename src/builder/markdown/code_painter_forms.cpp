// Languages whose lines or tags say what a word is: markup, style sheets, configuration, diffs, terminals.
#include <algorithm>

#include "builder/markdown/code_painter.hpp"
#include "builder/markdown/highlight.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

bool is_name(char c) {
  return is_alnum(c) || c == '-' || c == '_' || c == ':' || c == '.' || c == '@' || c == '#' || c == '*';
}
bool is_style_name(char c) { return is_alnum(c) || c == '-' || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

void CodePainter::paint_markup() {
  while (!is_done()) {
    const std::size_t sign = std::min(code_.find_first_of("<&", at_), code_.size());
    take(sign, {});
    if (is_done()) return;
    if (is_at("<!--")) {
      const std::size_t end = code_.find("-->", at_);
      take(end == std::string_view::npos ? code_.size() : end + 3, "comment");
    } else if (is_at("<!") || is_at("<?")) {
      take(std::min(code_.find('>', at_), code_.size() - 1) + 1, "meta");
    } else if (here() == '<' && (is_alnum(behind()) || behind() == '/')) {
      take_tag();
    } else if (const std::size_t end = std::min(
                   code_.find_first_not_of("#abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", at_ + 1),
                   at_ + 33);
               here() == '&' && end < code_.size() && code_[end] == ';') {
      take(end + 1, "symbol");
    } else {
      take(at_ + 1, {});
    }
  }
}

void CodePainter::take_tag() {
  out_ += "<span class=\"hljs-tag\">";
  take(at_ + (behind() == '/' ? 2 : 1), {});
  const bool closes = before() == '/';
  std::size_t end = at_;
  while (end < code_.size() && is_name(code_[end])) ++end;
  const std::string name = lower_case(code_.substr(at_, end - at_));
  take(end, "name");
  while (!is_done() && here() != '>' && here() != '<') {
    if (here() == '"' || here() == '\'') {
      const std::size_t quote = code_.find(here(), at_ + 1);
      take(quote == std::string_view::npos ? code_.size() : quote + 1, "string");
    } else if (is_name(here())) {
      end = at_;
      while (end < code_.size() && is_name(code_[end])) ++end;
      take(end, before() == '=' ? "string" : "attr");
    } else {
      take(at_ + 1, {});
    }
  }
  if (here() == '>') take(at_ + 1, {});
  out_ += "</span>";
  if (!closes && name == "script") paint_inside("</script", "javascript");
  if (!closes && name == "style") paint_inside("</style", "css");
}

void CodePainter::paint_inside(std::string_view end_tag, std::string_view language) {
  const std::size_t end = std::min(code_.find(end_tag, at_), code_.size());
  CodePainter(code_.substr(at_, end - at_), *find_language(language), out_).paint();
  at_ = end;
}

void CodePainter::paint_style() {
  std::size_t depth = 0;
  while (!is_done()) {
    const char c = here();
    // "//" is a comment of SCSS; in an address it is not.
    const bool is_address = is_at("//") && before() == ':';
    if ((!is_address && take_comment()) || take_string()) continue;
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    const bool is_number = (c >= '0' && c <= '9') || ((c == '.' || c == '-') && behind() >= '0' && behind() <= '9');
    std::size_t end = at_ + 1;
    while (end < code_.size() && (is_style_name(code_[end]) || (is_number && (code_[end] == '.' || code_[end] == '%'))))
      ++end;
    if (is_number) {
      take(end, "number");
    } else if (c == '@' && end > at_ + 1) {
      take(end, "keyword");
    } else if (c == '$' || is_at("--")) {
      take(end, "variable");
    } else if (c == '!' && end > at_ + 1) {
      take(end, "meta");
    } else if ((c == '.' || c == '#') && end > at_ + 1) {
      const bool is_value = last_sign_ == ':' && depth > 0;
      take(end, is_value ? "number" : c == '.' ? "selector-class" : "selector-id");
    } else if (is_style_name(c)) {
      take_style_word(depth > 0);
    } else {
      if (!is_space(c)) last_sign_ = c;
      take(at_ + 1, {});
    }
  }
}

void CodePainter::take_style_word(bool is_in_block) {
  std::size_t end = at_;
  while (end < code_.size() && is_style_name(code_[end])) ++end;
  const char next = end < code_.size() ? code_[end] : '\0';
  const bool begins = last_sign_ != ':' || !is_in_block;
  if (is_in_block && begins && next == ':')
    take(end, "attribute");
  else if (next == '(')
    take(end, "built_in");
  else if (before() == ':')
    take(end, begins ? "selector-pseudo" : "");
  else
    take(end, begins ? "selector-tag" : "");
}

void CodePainter::paint_json() {
  while (!is_done()) {
    if (here() == '"' || here() == '\'') {
      std::size_t end = at_ + 1;
      while (end < code_.size() && code_[end] != here() && code_[end] != '\n') end += code_[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, code_.size());
      const std::size_t next = code_.find_first_not_of(" \t", end);
      take(end, next != std::string_view::npos && code_[next] == ':' ? "attr" : "string");
    } else if (!take_comment() && !take_number()) {
      take_value();
    }
  }
}

// A word that may be a literal, or one other character.
void CodePainter::take_value() {
  std::size_t end = at_;
  while (end < code_.size() && (is_alnum(code_[end]) || code_[end] == '_' || code_[end] == '~')) ++end;
  if (end == at_)
    take(at_ + 1, {});
  else
    take(end, class_of_word(language_, code_.substr(at_, end - at_)));
}

void CodePainter::paint_yaml() {
  while (!is_done()) {
    paint_yaml_line(line_end());
    if (!is_done()) take(at_ + 1, {});
  }
}

void CodePainter::paint_yaml_line(std::size_t end) {
  const auto rest = [&] { return code_.substr(at_, end - at_); };
  if (rest().starts_with("---") || rest().starts_with("...") || rest().starts_with('%')) return take(end, "meta");
  take(std::min(code_.find_first_not_of(" \t", at_), end), {});
  while (rest().starts_with("- ") || rest() == "-") {
    take(at_ + 1, "bullet");
    take(std::min(code_.find_first_not_of(" \t", at_), end), {});
  }
  const std::size_t key = rest().find(": ");
  const std::size_t key_end = rest().ends_with(':') ? std::min(key, rest().size() - 1) : key;
  if (key_end != std::string_view::npos && !rest().starts_with('#') && rest().find(" #") > key_end &&
      rest().front() != '{') {
    take(at_ + key_end, "attr");
    take(at_ + 1, {});
  }
  while (at_ < end) {
    if (take_comment()) continue;
    const bool begins = is_space(before()) || before() == '[' || before() == ',' || before() == '{';
    if (begins && (here() == '"' || here() == '\'')) {
      const std::size_t quote = code_.find(here(), at_ + 1);
      take(quote == std::string_view::npos || quote >= end ? end : quote + 1, "string");
    } else if (begins && (here() == '&' || here() == '*' || here() == '!')) {
      take(std::min(code_.find_first_of(" ,]}\n", at_), end), here() == '!' ? "type" : "meta");
    } else if (!begins || !take_number()) {
      take_value();
    }
  }
}

void CodePainter::paint_ini() {
  while (!is_done()) {
    const std::size_t end = line_end();
    take(std::min(code_.find_first_not_of(" \t", at_), end), {});
    if (here() == '#' || here() == ';') {
      take(end, "comment");
    } else if (here() == '[') {
      take(end, "section");
    } else if (const std::size_t key = code_.substr(0, end).find('=', at_); key != std::string_view::npos) {
      take(key, "attr");
    }
    while (at_ < end) {
      const std::size_t line = end;
      if ((here() == '#' || here() == ';') && is_space(before()))
        take(line, "comment");
      else if (!take_string() && !take_number())
        take_value();
    }
    if (!is_done()) take(at_ + 1, {});
  }
}

void CodePainter::paint_diff() {
  while (!is_done()) {
    if (is_at("+++") || is_at("---") || is_at("diff ") || is_at("index "))
      take_line("comment");
    else if (is_at("@@"))
      take_line("meta");
    else
      take_line(here() == '+' ? "addition" : here() == '-' ? "deletion" : "");
    if (!is_done()) take(at_ + 1, {});
  }
}

void CodePainter::paint_console() {
  const Language& shell = *find_language("bash");
  while (!is_done()) {
    const bool is_prompt = is_at("$ ") || is_at("# ") || is_at("> ") || is_at("% ");
    if (is_prompt) {
      take(at_ + 1, "meta prompt_");
      const std::size_t end = line_end();
      CodePainter(code_.substr(at_, end - at_), shell, out_).paint();
      at_ = end;
    }
    take(line_end(), {});
    if (!is_done()) take(at_ + 1, {});
  }
}

void CodePainter::paint_prose() {
  while (!is_done()) {
    const std::size_t sign = std::min(code_.find_first_not_of(" \t", at_), line_end());
    const std::string_view rest = code_.substr(sign, line_end() - sign);
    if (rest.starts_with('#')) {
      take_line("section");
    } else if (rest.starts_with('>')) {
      take_line("quote");
    } else if (rest.starts_with("- ") || rest.starts_with("* ") || rest.starts_with("+ ")) {
      take(sign, {});
      take(sign + 1, "bullet");
    }
    while (at_ < line_end()) {
      const std::size_t tick = std::min(code_.find('`', at_), line_end());
      take(tick, {});
      if (here() != '`') break;
      take(std::min(code_.substr(0, line_end()).find('`', at_ + 1), line_end() - 1) + 1, "code");
    }
    if (!is_done()) take(at_ + 1, {});
  }
}

void append_highlighted(std::string_view code, std::string_view language, std::string& out) {
  constexpr std::size_t kLongestBlock = std::size_t{64} << 10;
  constexpr std::size_t kLongestLine = 2048;
  // Markup is a few times the code as a rule; code made to explode stays plain.
  constexpr std::size_t kMaxGrowth = 12;
  const Language* known = code.size() <= kLongestBlock ? find_language(language) : nullptr;
  std::size_t longest = 0;
  for (std::size_t at = 0; known != nullptr && at < code.size();) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  const std::size_t start = out.size();
  if (known != nullptr && longest <= kLongestLine) {
    CodePainter(code, *known, out).paint();
    if (out.size() - start <= kMaxGrowth * code.size() + 1024) return;
    out.resize(start);
  }
  append_escaped(code, out);
}

}  // namespace sitepod::builder::markdown
