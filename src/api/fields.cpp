#include "api/fields.hpp"

#include <charconv>

#include "http/target.hpp"

namespace sitepod::api {
namespace {

Error wrong(std::string_view name, std::string_view rule) {
  return invalid_request("The field \"" + std::string(name) + "\" " + std::string(rule) + ".");
}

// Text that reaches the database and files' names: NUL would end it early somewhere, and bytes that are not UTF-8 could
// not be echoed.
Result<std::optional<std::string>> checked(std::string_view name, std::string text) {
  if (text.find('\0') != std::string::npos) return wrong(name, "must not contain NUL");
  if (!http::is_valid_utf8(text)) return wrong(name, "must be UTF-8");
  return std::optional(std::move(text));
}

Error range_error(std::string_view name, std::int64_t least, std::int64_t most) {
  if (least == INT64_MIN && most == INT64_MAX) return wrong(name, "must be an integer");
  if (most == INT64_MAX) return wrong(name, "must be an integer of at least " + std::to_string(least));
  return wrong(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

// A parameter that stands twice means neither, unless both say the same.
Result<std::optional<std::string>> parameter_of(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    std::optional<std::string> value = http::query_parameter(query.substr(0, end), name);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (!value) continue;
    if (found && *found != *value) return wrong(name, "stands twice in the query and must not differ");
    found = std::move(value);
  }
  return found;
}

}  // namespace

Result<std::optional<std::string>> Fields::text(std::string_view name) const {
  const JsonValue* value = body_ ? body_->find(name) : nullptr;
  std::optional<std::string> parameter = SITEPOD_TRY(parameter_of(query_, name));
  if (parameter && parameter->empty()) parameter.reset();
  if (value && value->kind != JsonValue::Kind::Null) {
    if (value->kind != JsonValue::Kind::Text) return wrong(name, "must be a string");
    if (parameter && *parameter != value->text)
      return wrong(name, "stands in the body and in the query and must not differ");
    return checked(name, value->text);
  }
  if (!parameter) return std::optional<std::string>();
  return checked(name, *std::move(parameter));
}

Result<std::string> Fields::required_text(std::string_view name) const {
  std::optional<std::string> found = SITEPOD_TRY(text(name));
  if (!found || found->empty()) return wrong(name, "is required");
  return *std::move(found);
}

Result<std::optional<std::string>> Fields::text_of_either(std::string_view name, std::string_view alias) const {
  std::optional<std::string> first = SITEPOD_TRY(text(name));
  std::optional<std::string> second = SITEPOD_TRY(text(alias));
  if (first && second && *first != *second)
    return invalid_request("The fields \"" + std::string(name) + "\" and \"" + std::string(alias) +
                           "\" mean the same and must not differ.");
  return first ? std::move(first) : std::move(second);
}

bool Fields::is_left_empty(std::string_view name) const {
  const JsonValue* value = body_ ? body_->find(name) : nullptr;
  if (value && value->kind == JsonValue::Kind::Text && value->text.empty()) return true;
  const std::optional<std::string> parameter = http::query_parameter(query_, name);
  return parameter && parameter->empty();
}

Result<std::optional<bool>> Fields::boolean(std::string_view name) const {
  const JsonValue* value = body_ ? body_->find(name) : nullptr;
  if (value && value->kind != JsonValue::Kind::Null) {
    if (value->kind != JsonValue::Kind::Boolean) return wrong(name, "must be true or false");
    return std::optional(value->boolean);
  }
  const std::optional<std::string> parameter = SITEPOD_TRY(parameter_of(query_, name));
  if (!parameter) return std::optional<bool>();
  if (parameter->empty() || *parameter == "1" || *parameter == "true") return std::optional(true);
  if (*parameter == "0" || *parameter == "false") return std::optional(false);
  return wrong(name, "must be 1 or 0");
}

Result<std::optional<std::int64_t>> Fields::integer(std::string_view name, std::int64_t least,
                                                    std::int64_t most) const {
  std::int64_t number = 0;
  const JsonValue* value = body_ ? body_->find(name) : nullptr;
  if (value && value->kind != JsonValue::Kind::Null) {
    if (value->kind != JsonValue::Kind::Integer) return range_error(name, least, most);
    number = value->integer;
  } else {
    const std::optional<std::string> parameter = SITEPOD_TRY(parameter_of(query_, name));
    if (!parameter || parameter->empty()) return std::optional<std::int64_t>();
    const char* end = parameter->data() + parameter->size();
    const auto [stop, failure] = std::from_chars(parameter->data(), end, number);
    if (failure != std::errc() || stop != end) return range_error(name, least, most);
  }
  if (number < least || number > most) return range_error(name, least, most);
  return std::optional(number);
}

Result<std::optional<std::vector<std::string>>> Fields::texts(std::string_view name) const {
  const JsonValue* value = body_ ? body_->find(name) : nullptr;
  if (!value || value->kind == JsonValue::Kind::Null) return std::optional<std::vector<std::string>>();
  if (value->kind != JsonValue::Kind::Array) return wrong(name, "must be a list of strings");
  std::vector<std::string> out;
  for (const JsonValue& item : value->items) {
    if (item.kind != JsonValue::Kind::Text) return wrong(name, "must be a list of strings");
    out.push_back(*SITEPOD_TRY(checked(name, item.text)));
  }
  return std::optional(std::move(out));
}

}  // namespace sitepod::api
