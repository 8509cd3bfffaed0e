#include "api/answer_fields.hpp"

namespace sitepod::api {

std::string text_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->kind == JsonValue::Kind::Text ? value->text : std::string();
}

std::int64_t integer_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->kind == JsonValue::Kind::Integer ? value->integer : 0;
}

bool flag_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->kind == JsonValue::Kind::Boolean && value->boolean;
}

const std::vector<JsonValue>& items_of(const JsonValue& object, std::string_view name) {
  static const std::vector<JsonValue> kNone;
  const JsonValue* value = object.find(name);
  return value != nullptr ? value->items : kNone;
}

std::vector<std::string> texts_of(const JsonValue& object, std::string_view name) {
  std::vector<std::string> out;
  for (const JsonValue& item : items_of(object, name))
    if (item.kind == JsonValue::Kind::Text) out.push_back(item.text);
  return out;
}

}  // namespace sitepod::api
