// Walks over code and writes it as HTML, piece by piece, each plain or in a class of highlight.js. One block; one
// thread.
#pragma once

#include <string>
#include <string_view>

#include "builder/markdown/languages.hpp"

namespace sitepod::builder::markdown {

class CodePainter {
 public:
  CodePainter(std::string_view code, const Language& language, std::string& out)
      : code_(code), language_(language), out_(out) {}
  void paint();

 private:
  bool has(CodeTrait trait) const { return (language_.traits & trait) != 0; }
  bool is_at(std::string_view text) const { return code_.substr(at_).starts_with(text); }
  bool is_done() const { return at_ >= code_.size(); }
  char here() const { return at_ < code_.size() ? code_[at_] : '\0'; }
  char behind(std::size_t distance = 1) const { return at_ + distance < code_.size() ? code_[at_ + distance] : '\0'; }
  char before() const { return at_ > 0 ? code_[at_ - 1] : '\n'; }
  std::size_t line_end() const;
  bool begins_line() const;

  // Writes up to `end` in a class; an empty class is plain text.
  void take(std::size_t end, std::string_view css_class);
  void take_line(std::string_view css_class) { take(line_end(), css_class); }

  bool take_comment();
  bool take_string();
  bool take_number();
  bool take_regexp();
  bool take_directive();
  bool take_mark();
  bool take_dollar_name();
  void take_word();
  std::string_view class_of_plain_word(std::string_view word, std::size_t end) const;
  void take_value();

  void paint_words();
  void paint_markup();
  void take_tag();
  void paint_inside(std::string_view end_tag, std::string_view language);
  void paint_style();
  void take_style_word(bool is_in_block);
  void paint_json();
  void paint_yaml();
  void paint_yaml_line(std::size_t end);
  void paint_ini();
  void paint_diff();
  void paint_console();
  void paint_prose();

  const std::string_view code_;
  const Language& language_;
  std::string& out_;
  std::size_t at_ = 0;
  char last_sign_ = '\0';       // the last character that is neither space nor comment
  std::string_view last_word_;  // the word it belongs to
};

}  // namespace sitepod::builder::markdown
