#include "app/toml_file.hpp"

#include <algorithm>
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

void collect(const toml::table& table, const std::string& prefix, const std::string& file_name,
             std::vector<Found>& out) {
  for (const auto& [key, node] : table) {
    std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      collect(*inner, name + ".", file_name, out);
      continue;
    }
    toml::source_position position = key.source().begin;
    Found found{{name, {}, place_of(file_name, position)}, {}, position};
    if (auto text = node.value_exact<std::string>())
      found.setting.value = *text;
    else if (auto number = node.value_exact<std::int64_t>())
      found.setting.value = std::to_string(*number);
    else
      found.problem = fmt::format("{}: {} must be text or a whole number", found.setting.place, name);
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
