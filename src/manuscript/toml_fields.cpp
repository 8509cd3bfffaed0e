#include <algorithm>
#include <sstream>

#include <toml++/toml.h>

#include "manuscript/front_matter.hpp"

namespace sitepod::manuscript {
namespace {

// A scalar as YAML would show it; dates and times as RFC 3339 writes them.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (!node.is_value()) return std::nullopt;
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) out << value.get();
  });
  return out.str();
}

Field field_of(const toml::key& key, const toml::node& node, std::uint32_t first_line) {
  Field field;
  field.name = key.str();
  field.line = first_line + static_cast<std::uint32_t>(key.source().begin.line) - 1;
  if (std::optional<std::string> text = text_of(node)) {
    field.text = *std::move(text);
    return field;
  }
  const toml::array* list = node.as_array();
  field.kind = list == nullptr ? Field::Kind::Other : Field::Kind::List;
  if (list == nullptr) return field;
  for (const toml::node& item : *list) {
    std::optional<std::string> text = text_of(item);
    if (!text) field.kind = Field::Kind::Other;
    field.items.push_back(std::move(text).value_or(""));
  }
  return field;
}

}  // namespace

Result<std::vector<Field>> read_toml_fields(std::string_view text, std::uint32_t first_line) {
  std::vector<Field> fields;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) fields.push_back(field_of(key, node, first_line));
  } catch (const toml::parse_error& error) {
    const auto line = static_cast<std::uint32_t>(error.source().begin.line);
    return front_matter_error(first_line + std::max(line, 1u) - 1, "no TOML: " + std::string(error.description()));
  }
  // toml++ keeps its tables sorted by name; people read their file from the top.
  std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.line < b.line; });
  return fields;
}

}  // namespace sitepod::manuscript
