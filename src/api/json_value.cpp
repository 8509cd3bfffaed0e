#include "api/json_value.hpp"

#include <optional>
#include <unordered_set>

#include "api/byte_order_mark.hpp"
#include "api/json_events.hpp"

namespace sitepod::api {
namespace {

struct TreeBuilder : JsonEvents {
  JsonValue root;
  std::vector<JsonValue*> open;                        // containers being filled, outermost first
  std::vector<std::unordered_set<std::string>> names;  // of the open objects
  std::string text;
  std::string key;
  std::size_t count = 0;
  std::size_t max_values = kMaxJsonValues;
  std::optional<Error> error;

  bool refuse(Code& code, std::string message) {
    error = invalid("invalid_json", std::move(message));
    return stop(code);
  }

  // The slot that the next value fills; containers' vectors are only appended to while they are innermost, so pointers
  // to open containers stay valid.
  JsonValue* place(Code& code) {
    if (++count > max_values) {
      refuse(code, "The body has too many values.");
      return nullptr;
    }
    if (open.empty()) return &root;
    JsonValue& parent = *open.back();
    if (parent.kind == JsonValue::Kind::Array) return &parent.items.emplace_back();
    return &parent.members.emplace_back(std::move(key), JsonValue{}).second;
  }

  bool begin(JsonValue::Kind kind, Code& code) {
    JsonValue* value = place(code);
    if (!value) return false;
    value->kind = kind;
    open.push_back(value);
    names.emplace_back();
    return true;
  }
  bool end() {
    open.pop_back();
    names.pop_back();
    return true;
  }
  bool on_object_begin(Code& code) { return begin(JsonValue::Kind::Object, code); }
  bool on_object_end(std::size_t, Code&) { return end(); }
  bool on_array_begin(Code& code) { return begin(JsonValue::Kind::Array, code); }
  bool on_array_end(std::size_t, Code&) { return end(); }

  bool on_key_part(Text part, std::size_t, Code&) {
    text += view(part);
    return true;
  }
  bool on_key(Text part, std::size_t, Code& code) {
    text += view(part);
    key = std::exchange(text, {});
    if (!names.back().insert(key).second) return refuse(code, "A name stands twice in one object: \"" + key + "\".");
    return true;
  }
  bool on_string_part(Text part, std::size_t, Code&) {
    text += view(part);
    return true;
  }
  bool on_string(Text part, std::size_t, Code& code) {
    text += view(part);
    JsonValue* value = place(code);
    if (!value) return false;
    value->kind = JsonValue::Kind::Text;
    value->text = std::exchange(text, {});
    return true;
  }
  bool on_int64(std::int64_t number, Text, Code& code) {
    JsonValue* value = place(code);
    if (!value) return false;
    value->kind = JsonValue::Kind::Integer;
    value->integer = number;
    return true;
  }
  bool on_uint64(std::uint64_t number, Text digits, Code& code) {
    return on_double(static_cast<double>(number), digits, code);
  }
  bool on_double(double number, Text, Code& code) {
    JsonValue* value = place(code);
    if (!value) return false;
    value->kind = JsonValue::Kind::Fraction;
    value->fraction = number;
    return true;
  }
  bool on_bool(bool flag, Code& code) {
    JsonValue* value = place(code);
    if (!value) return false;
    value->kind = JsonValue::Kind::Boolean;
    value->boolean = flag;
    return true;
  }
  bool on_null(Code& code) { return place(code) != nullptr; }
};

}  // namespace

JsonValue::JsonValue() = default;
JsonValue::~JsonValue() = default;
JsonValue::JsonValue(const JsonValue&) = default;
JsonValue& JsonValue::operator=(const JsonValue&) = default;
JsonValue::JsonValue(JsonValue&&) noexcept = default;
JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

Result<JsonValue> parse_json(std::string_view text, std::size_t max_values) {
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::json::basic_parser<TreeBuilder> parser(options);
  parser.handler().max_values = max_values;
  SITEPOD_TRY(ByteOrderMark().take_off(text));
  boost::json::error_code code;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), code);
  if (parser.handler().error) return *std::move(parser.handler().error);
  if (code) return json_error(code);
  if (used != text.size()) return invalid("invalid_json", "The body has something behind its JSON value.");
  return std::move(parser.handler().root);
}

}  // namespace sitepod::api
