#include "builder/template_context.hpp"

#include <algorithm>
#include <array>

namespace sitepod::builder {
namespace {

constexpr std::array<std::string_view, 9> kUrlAttributes = {"href", "src",    "action", "formaction", "poster",
                                                            "cite", "srcset", "data",   "ping"};
constexpr std::array<std::string_view, 4> kRawElements = {"script", "style", "title", "textarea"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

Format format_of(std::string_view template_name) {
  if (template_name.ends_with(".html")) return Format::Html;
  if (template_name.ends_with(".xml")) return Format::Xml;
  if (template_name.ends_with(".json")) return Format::Json;
  return Format::PlainText;
}

std::optional<std::string> TemplateContext::read(std::string_view literal) {
  for (const char c : literal) {
    if (format_ == Format::Html) read_html(c);
    if (format_ == Format::Json) read_json(c);
    if (!problem_.empty()) return problem_;
  }
  return std::nullopt;
}

void TemplateContext::read_html(char c) {
  switch (state_) {
    case State::Text:
      return read_text(c);
    case State::Raw:
      return read_raw(c);
    case State::TagOpen:
      if (c == '!') {
        state_ = State::Declaration;
        tail_.clear();
      } else if (c == '/' || (lower(c) >= 'a' && lower(c) <= 'z')) {
        state_ = State::TagName;
        name_.assign(1, lower(c));
      } else {
        problem_ = "a \"<\" that begins no tag (write &lt;)";
      }
      return;
    case State::Declaration:
      tail_.push_back(c);
      if (tail_ == "--") {
        state_ = State::Comment;
        tail_.clear();
      } else if (c == '>') {
        state_ = State::Text;
      }
      return;
    case State::Comment:
      tail_.push_back(c);
      if (tail_.ends_with("-->")) state_ = State::Text;
      if (tail_.size() > 8) tail_.erase(0, tail_.size() - 3);
      return;
    case State::DoubleQuoted:
      return read_value(c, '"');
    case State::SingleQuoted:
      return read_value(c, '\'');
    default:
      return read_in_tag(c);
  }
}

void TemplateContext::read_text(char c) {
  if (c == '<') state_ = State::TagOpen;
}

void TemplateContext::read_raw(char c) {
  if (is_json_script_) read_json(c);
  tail_.push_back(lower(c));
  const std::string end = "</" + raw_;
  if (tail_.ends_with(end)) {
    if (in_json_string_) problem_ = "the script ends inside a JSON string";
    raw_.clear();
    is_json_script_ = false;
    state_ = State::TagName;
    name_ = "/";
  }
  if (tail_.size() > 64) tail_.erase(0, tail_.size() - 16);
}

void TemplateContext::read_in_tag(char c) {
  const bool ends_name = is_space(c) || c == '>' || c == '/';
  if (state_ == State::TagName) {
    if (!ends_name) {
      name_.push_back(lower(c));
      return;
    }
    element_ = name_;
    type_.clear();
    state_ = State::InTag;
  }
  if (state_ == State::BeforeValue) {
    if (c == '"') return begin_value(State::DoubleQuoted);
    if (c == '\'') return begin_value(State::SingleQuoted);
    if (!is_space(c)) problem_ = "the value of the attribute \"" + attribute_name_ + "\" needs quotes";
    return;
  }
  if (state_ == State::AttributeName && c == '=') {
    attribute_name_ = name_;
    state_ = State::BeforeValue;
    return;
  }
  if (c == '>') return end_tag();
  if (ends_name) {
    state_ = State::InTag;
    return;
  }
  if (c == '"' || c == '\'' || c == '<') {
    problem_ = "a stray character in a tag";
    return;
  }
  if (state_ == State::InTag) name_.clear();
  state_ = State::AttributeName;
  name_.push_back(lower(c));
}

void TemplateContext::begin_value(State quoted) {
  state_ = quoted;
  url_part_ = UrlPart::Start;
  attribute_ = Attribute::Plain;
  if (contains(kUrlAttributes, attribute_name_)) attribute_ = Attribute::Url;
  if (attribute_name_.starts_with("on") || attribute_name_ == "style" || attribute_name_ == "srcdoc")
    attribute_ = Attribute::Forbidden;
}

void TemplateContext::read_value(char c, char quote) {
  if (c == quote) {
    state_ = State::InTag;
    name_.clear();
    return;
  }
  if (attribute_name_ == "type") type_.push_back(lower(c));
  if (attribute_ != Attribute::Url) return;
  if (c == '?') url_part_ = UrlPart::Query;
  if (url_part_ == UrlPart::Start) url_part_ = UrlPart::Path;
}

void TemplateContext::end_tag() {
  state_ = State::Text;
  if (!contains(kRawElements, element_)) return;
  state_ = State::Raw;
  raw_ = element_;
  tail_.clear();
  is_json_script_ = element_ == "script" && (type_ == "application/ld+json" || type_ == "application/json");
}

void TemplateContext::read_json(char c) {
  if (!in_json_string_) {
    in_json_string_ = c == '"';
    return;
  }
  if (json_escape_)
    json_escape_ = false;
  else if (c == '\\')
    json_escape_ = true;
  else if (c == '"')
    in_json_string_ = false;
}

std::optional<Place> TemplateContext::place(std::string& problem) const {
  if (format_ == Format::PlainText) return Place::PlainText;
  if (format_ == Format::Xml) return Place::Xml;
  if (format_ == Format::Json || is_json_script_) {
    if (!in_json_string_) return Place::Json;
    problem = "a value inside a JSON string (a value brings its own quotes)";
    return std::nullopt;
  }
  switch (state_) {
    case State::Text:
      return Place::Text;
    case State::Raw:
      // <title> and <textarea> hold text with references; <script> and <style> would need another language's rules.
      if (raw_ == "title" || raw_ == "textarea") return Place::Attribute;
      problem = "a value inside <" + raw_ + ">";
      return std::nullopt;
    case State::DoubleQuoted:
    case State::SingleQuoted:
      if (attribute_ == Attribute::Plain) return Place::Attribute;
      if (attribute_ == Attribute::Forbidden) {
        problem = "a value inside the attribute \"" + attribute_name_ + "\"";
        return std::nullopt;
      }
      if (url_part_ == UrlPart::Start) return Place::Url;
      return url_part_ == UrlPart::Path ? Place::UrlPath : Place::UrlQuery;
    case State::BeforeValue:
      problem = "a value in an attribute without quotes";
      return std::nullopt;
    case State::Comment:
    case State::Declaration:
      problem = "a value inside a comment";
      return std::nullopt;
    default:
      problem = "a value inside a tag's or attribute's name";
      return std::nullopt;
  }
}

void TemplateContext::wrote_value() {
  if (attribute_ == Attribute::Url && url_part_ == UrlPart::Start) url_part_ = UrlPart::Path;
  tail_.clear();
}

std::optional<std::string> TemplateContext::reach_block() {
  if (state_ == State::BeforeValue || state_ == State::TagOpen || state_ == State::Declaration)
    return "a block cannot begin or end here";
  if (state_ == State::TagName) {
    element_ = name_;
    type_.clear();
  }
  if (state_ == State::TagName || state_ == State::AttributeName) state_ = State::InTag;
  if (state_ == State::InTag) attribute_name_.clear();
  name_.clear();
  tail_.clear();
  // What does not matter any more must not make two equal places differ.
  if (state_ == State::Text) {
    element_.clear();
    type_.clear();
    attribute_name_.clear();
    attribute_ = Attribute::Plain;
    url_part_ = UrlPart::Start;
  }
  if (state_ == State::InTag) {
    attribute_ = Attribute::Plain;
    url_part_ = UrlPart::Start;
  }
  if (state_ == State::Raw) {
    attribute_name_.clear();
    url_part_ = UrlPart::Start;
    attribute_ = Attribute::Plain;
  }
  return std::nullopt;
}

}  // namespace sitepod::builder
