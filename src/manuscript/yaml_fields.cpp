// YAML front matter by libyaml's events. Scalars stay as they are written: what is a date and what a number the field
// decides, so that "no" and "1.10" are what their author meant.
#include <yaml.h>

#include <algorithm>
#include <memory>

#include "manuscript/front_matter.hpp"

namespace sitepod::manuscript {
namespace {

// A field may hold lists and maps that mean nothing here; deeper ones are a mistake or an attack.
constexpr int kMaxDepth = 16;

struct Parser {
  yaml_parser_t state;
  explicit Parser(std::string_view text) {
    SITEPOD_CHECK(yaml_parser_initialize(&state) == 1);
    yaml_parser_set_encoding(&state, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Parser() { yaml_parser_delete(&state); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

struct Event {
  yaml_event_t state{};
  Event() = default;
  ~Event() { yaml_event_delete(&state); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_type_t type() const { return state.type; }
  bool opens() const { return type() == YAML_SEQUENCE_START_EVENT || type() == YAML_MAPPING_START_EVENT; }
  bool closes() const { return type() == YAML_SEQUENCE_END_EVENT || type() == YAML_MAPPING_END_EVENT; }
  std::string text() const {
    return {reinterpret_cast<const char*>(state.data.scalar.value), state.data.scalar.length};
  }
};

// Lines as everything else here counts them: libyaml's own count also takes a lone CR, NEL, LS and PS for a line's end.
class LineFeeds {
 public:
  explicit LineFeeds(std::string_view text) : text_(text) {}

  std::uint32_t before_byte(std::size_t offset) const {
    return static_cast<std::uint32_t>(std::count(text_.begin(), text_.begin() + std::min(offset, text_.size()), '\n'));
  }
  // Marks count characters, and nearly always grow from one call to the next.
  std::uint32_t before(const yaml_mark_t& mark) {
    if (mark.index < characters_) at_ = characters_ = lines_ = 0;
    for (; at_ < text_.size(); ++at_) {
      const bool begins_character = (static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80;
      if (begins_character && characters_ == mark.index) break;
      characters_ += begins_character;
      lines_ += text_[at_] == '\n';
    }
    return static_cast<std::uint32_t>(lines_);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t characters_ = 0;
  std::size_t lines_ = 0;
};

class Reader {
 public:
  Reader(std::string_view text, std::uint32_t first_line) : parser_(text), lines_(text), first_line_(first_line) {}

  Result<std::vector<Field>> read() {
    SITEPOD_TRY(next());  // the stream's start
    SITEPOD_TRY(next());
    if (event_->type() == YAML_STREAM_END_EVENT) return std::move(fields_);
    SITEPOD_TRY(next());
    if (is_nothing()) {
      SITEPOD_TRY(next());
    } else {
      if (event_->type() != YAML_MAPPING_START_EVENT)
        return front_matter_error(line(), "the front matter must be fields like \"title: Hello\"");
      SITEPOD_TRY(read_fields());
    }
    SITEPOD_TRY(next());  // the document's end
    if (event_->type() != YAML_STREAM_END_EVENT) SITEPOD_TRY(next());
    if (event_->type() != YAML_STREAM_END_EVENT)
      return front_matter_error(line(), "the front matter must be one YAML document");
    return std::move(fields_);
  }

 private:
  Result<void> next() {
    event_ = std::make_unique<Event>();
    if (yaml_parser_parse(&parser_.state, &event_->state) != 1) return parser_error();
    const yaml_event_t& state = event_->state;
    const bool has_anchor = state.type == YAML_ALIAS_EVENT ||
                            (state.type == YAML_SCALAR_EVENT && state.data.scalar.anchor != nullptr) ||
                            (state.type == YAML_SEQUENCE_START_EVENT && state.data.sequence_start.anchor != nullptr) ||
                            (state.type == YAML_MAPPING_START_EVENT && state.data.mapping_start.anchor != nullptr);
    if (has_anchor)
      return front_matter_error(line(),
                                "anchors (&name) and aliases (*name) are not understood; a text that begins "
                                "with & or * needs quotes");
    return {};
  }
  Error parser_error() {
    const yaml_parser_t& state = parser_.state;
    // The reader's errors (bytes that are not UTF-8) have an offset instead of a mark.
    const std::uint32_t at =
        state.error == YAML_READER_ERROR ? lines_.before_byte(state.problem_offset) : lines_.before(state.problem_mark);
    std::string why = state.problem != nullptr ? state.problem : "it cannot be read";
    return front_matter_error(first_line_ + at, "no YAML: " + why);
  }

  std::uint32_t line() { return first_line_ + lines_.before(event_->state.start_mark); }
  bool is_nothing() const {
    if (event_->type() != YAML_SCALAR_EVENT || event_->state.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    const std::string text = event_->text();
    return text.empty() || text == "~" || text == "null";
  }

  Result<void> read_fields() {
    for (SITEPOD_TRY(next()); event_->type() != YAML_MAPPING_END_EVENT; SITEPOD_TRY(next())) {
      if (event_->type() != YAML_SCALAR_EVENT) return front_matter_error(line(), "the name of a field must be a word");
      Field field;
      field.name = event_->text();
      field.line = line();
      SITEPOD_TRY(next());
      SITEPOD_TRY(read_value(field));
      fields_.push_back(std::move(field));
    }
    return {};
  }
  Result<void> read_value(Field& field) {
    if (event_->type() == YAML_SCALAR_EVENT) {
      field.is_empty = is_nothing();
      if (!field.is_empty) field.text = event_->text();
      return {};
    }
    if (event_->type() == YAML_MAPPING_START_EVENT) {
      field.kind = Field::Kind::Other;
      return skip_rest();
    }
    field.kind = Field::Kind::List;
    for (SITEPOD_TRY(next()); event_->type() != YAML_SEQUENCE_END_EVENT; SITEPOD_TRY(next())) {
      if (event_->type() == YAML_SCALAR_EVENT) {
        if (!is_nothing()) field.items.push_back(event_->text());
        continue;
      }
      field.kind = Field::Kind::Other;
      SITEPOD_TRY(skip_rest());
    }
    return {};
  }
  // Of the list or map that was just opened.
  Result<void> skip_rest() {
    for (int depth = 1; depth > 0;) {
      SITEPOD_TRY(next());
      depth += event_->opens() ? 1 : event_->closes() ? -1 : 0;
      if (depth > kMaxDepth) return front_matter_error(line(), "lists and maps are nested too deeply");
    }
    return {};
  }

  Parser parser_;
  LineFeeds lines_;
  const std::uint32_t first_line_;
  std::unique_ptr<Event> event_;
  std::vector<Field> fields_;
};

}  // namespace

Result<std::vector<Field>> read_yaml_fields(std::string_view text, std::uint32_t first_line) {
  return Reader(text, first_line).read();
}

}  // namespace sitepod::manuscript
