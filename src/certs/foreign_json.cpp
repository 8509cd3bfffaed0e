#include "certs/foreign_json.hpp"

namespace sitepod::certs {
namespace {

constexpr std::size_t kMaxDetailBytes = 300;

}  // namespace

std::string text_of(const api::JsonValue& object, std::string_view name) {
  const api::JsonValue* found = object.find(name);
  return found != nullptr && found->kind == api::JsonValue::Kind::Text ? found->text : std::string();
}

const api::JsonValue* list_of(const api::JsonValue& object, std::string_view name) {
  const api::JsonValue* found = object.find(name);
  return found != nullptr && found->kind == api::JsonValue::Kind::Array ? found : nullptr;
}

std::string as_detail(std::string text) {
  if (text.size() > kMaxDetailBytes) text.resize(kMaxDetailBytes);
  for (char& c : text)
    if (c < ' ' || c >= 0x7f) c = '?';
  return text;
}

}  // namespace sitepod::certs
