// Where in a document a template stands: found by reading the literal text, so that each value can be escaped for its
// place. Knows HTML's tokenisation as far as templates of our own need it, XML, and JSON. A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sitepod::builder {

// How a value is to be escaped.
enum class Place : std::uint8_t {
  Text,       // HTML between tags
  Attribute,  // in a quoted HTML attribute
  Url,        // the beginning of an address in an attribute
  UrlPath,    // further behind in an address
  UrlQuery,   // behind its "?"
  Json,       // where a JSON value may stand
  Xml,        // text or quoted attribute of XML
  PlainText,  // as it is
};

enum class Format : std::uint8_t { Html, Xml, Json, PlainText };
Format format_of(std::string_view template_name);

class TemplateContext {
 public:
  explicit TemplateContext(Format format) : format_(format) {}

  // Reads literal text. An error says what the text may not contain.
  std::optional<std::string> read(std::string_view literal);
  // The place of a value here, or why none may stand here (`problem` is set).
  std::optional<Place> place(std::string& problem) const;
  // After a value was written.
  void wrote_value();
  // At {% %}: a tag's or an attribute's name ends here.
  std::optional<std::string> reach_block();
  // Whether the document ends in an ordinary place.
  bool is_at_rest() const { return state_ == State::Text && in_json_string_ == false; }

  bool operator==(const TemplateContext&) const = default;

 private:
  enum class State : std::uint8_t {
    Text,
    TagOpen,
    TagName,
    InTag,
    AttributeName,
    BeforeValue,
    DoubleQuoted,
    SingleQuoted,
    Comment,
    Declaration,
    Raw,
  };
  enum class Attribute : std::uint8_t { Plain, Url, Forbidden };
  enum class UrlPart : std::uint8_t { Start, Path, Query };

  void read_html(char c);
  void read_text(char c);
  void read_raw(char c);
  void read_in_tag(char c);
  void read_value(char c, char quote);
  void end_tag();
  void begin_value(State quoted);
  void read_json(char c);

  Format format_;
  State state_ = State::Text;
  Attribute attribute_ = Attribute::Plain;
  UrlPart url_part_ = UrlPart::Start;
  bool is_json_script_ = false;
  bool in_json_string_ = false;
  bool json_escape_ = false;
  std::string problem_;
  std::string name_;     // of the tag or attribute being read
  std::string element_;  // of the tag being read
  std::string type_;     // the value of its type attribute
  std::string attribute_name_;
  std::string raw_;   // the element whose raw text this is
  std::string tail_;  // the last characters, to see where comments and raw text end
};

}  // namespace sitepod::builder
