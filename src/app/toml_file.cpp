#include "app/toml_file.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace sitepod::app {
namespace {

struct Found {
  FileSetting setting;
  std::string problem;  // when not empty the value is of no use
  toml::source_position position;
};

std::string place_of(const std::string& file_name, const toml::source_position& position) {
  return fmt::format("{}:{}:{}", file_name, position.line, position.column);
}

// The value as the environment would give it: numbers and switches in digits and letters, a list joined by commas.
std::optional<std::string> text_of(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return text;
  if (auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (auto is_on = node.value_exact<bool>()) return *is_on ? "true" : "false";
  const toml::array* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::string joined;
  for (const toml::node& item : *list) {
    const auto text = item.value_exact<std::string>();
    if (!text || text->find(',') != std::string::npos) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

void collect(const toml::table& table, const std::string& prefix, const std::string& file_name,
             std::vector<Found>& out) {
  for (const auto& [key, node] : table) {
    std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      collect(*inner, name + ".", file_name, out);
      continue;
    }
    toml::source_position position = key.source().begin;
    Found found{{name, {}, place_of(file_name, position), node.is_array()}, {}, position};
    if (auto text = text_of(node))
      found.setting.value = *std::move(text);
    else
      found.problem = fmt::format("{}: {} must be text, a whole number, true or false, or a list of texts",
                                  found.setting.place, name);
    out.push_back(std::move(found));
  }
}

}  // namespace

FileSettings parse_toml_settings(std::string_view text, const std::string& file_name) {
  FileSettings result;
  toml::table table;
  try {
    table = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    result.problems.push_back(fmt::format("{}: {}", place_of(file_name, error.source().begin), error.description()));
    return result;
  }
  std::vector<Found> found;
  collect(table, "", file_name, found);
  // toml++ keeps its tables sorted by name; people read their file from the top.
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tie(a.position.line, a.position.column) < std::tie(b.position.line, b.position.column);
  });
  for (Found& each : found) {
    if (each.problem.empty())
      result.settings.push_back(std::move(each.setting));
    else
      result.problems.push_back(std::move(each.problem));
  }
  return result;
}

}  // namespace sitepod::app
