#include "cli/settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuildFolders[] = {"dist", "build", "out", "public", ".next", ".output"};
constexpr std::uint64_t kMaxSettingsBytes = 1 << 20;

// Absent is an empty table.
Result<toml::table> load_toml(const std::string& path) {
  if (!fs::exists(path)) return toml::table();
  auto text = read_file(path, kMaxSettingsBytes);
  if (!text.ok()) return usage("The file " + path + " cannot be read: " + text.error().context + ".");
  try {
    return toml::parse(*text, path);
  } catch (const toml::parse_error& error) {
    return usage(path + ":" + std::to_string(error.source().begin.line) + ":" +
                 std::to_string(error.source().begin.column) + ": " + std::string(error.description()));
  }
}

Result<void> wrong_type(const std::string& path, std::string_view key, std::string_view wanted,
                        const toml::node& node) {
  return usage(path + ":" + std::to_string(node.source().begin.line) + ": " + std::string(key) + " must be " +
               std::string(wanted) + ".");
}

Result<void> read_text(const toml::table& table, const std::string& path, std::string_view section,
                       std::string_view key, std::string& out) {
  auto node = table[section][key];
  if (!node) return {};
  auto text = node.value_exact<std::string>();
  if (!text) return wrong_type(path, key, "a text", *node.node());
  out = *text;
  return {};
}

Result<void> read_ignore(const toml::table& table, ProjectFile& file) {
  auto node = table["deploy"]["ignore"];
  if (!node) return {};
  const toml::array* array = node.as_array();
  if (array == nullptr) return wrong_type(file.path, "ignore", "a list of texts", *node.node());
  file.ignore.emplace();
  for (const toml::node& item : *array) {
    auto text = item.value_exact<std::string>();
    if (!text) return wrong_type(file.path, "ignore", "a list of texts", item);
    file.ignore->push_back(*text);
  }
  return {};
}

Result<void> write_toml(const std::string& path, const toml::table& table, unsigned mode) {
  SITEPOD_TRY(make_directories(fs::path(path).parent_path().string(), 0700));
  std::ostringstream text;
  text << table << "\n";
  return replace_file(path, text.str(), mode);
}

std::string quote_toml(std::string_view text) {
  std::ostringstream out;
  out << toml::value<std::string>(std::string(text));
  return out.str();
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

UserPaths user_paths(const Environment& environment) {
  std::string home = environment("HOME").value_or(".");
  // Relative XDG paths are invalid and ignored, as the specification demands.
  auto base = [&](std::string_view variable, std::string_view fallback) {
    auto value = environment(variable);
    return value && value->starts_with('/') ? *value : home + "/" + std::string(fallback);
  };
  UserPaths paths;
  paths.config = environment("SITEPOD_CONFIG").value_or(base("XDG_CONFIG_HOME", ".config") + "/sitepod/config.toml");
  paths.credentials = (fs::path(paths.config).parent_path() / "credentials.toml").string();
  paths.legacy = home + "/.sitepod/config.toml";
  paths.hash_cache = base("XDG_CACHE_HOME", ".cache") + "/sitepod/hashes";
  return paths;
}

Result<ProjectFile> load_project_file(const std::string& folder) {
  ProjectFile file;
  std::string path = (fs::path(folder) / "sitepod.toml").string();
  if (!fs::exists(path)) return file;
  toml::table table = SITEPOD_TRY(load_toml(path));
  file.path = path;
  file.folder = folder;
  SITEPOD_TRY(read_text(table, path, "project", "name", file.name));
  SITEPOD_TRY(read_text(table, path, "build", "directory", file.directory));
  SITEPOD_TRY(read_ignore(table, file));
  if (auto node = table["deploy"]["concurrent"]) {
    auto number = node.value_exact<std::int64_t>();
    if (!number || *number < 1) return wrong_type(path, "concurrent", "a whole number above 0", *node.node()).error();
    file.concurrent = *number;
  }
  return file;
}

std::string render_project_file(std::string_view name, std::string_view directory) {
  return "[project]\nname = " + quote_toml(name) + "\n\n[build]\ndirectory = " + quote_toml(directory) +
         "\n\n[deploy]\nignore = [\"**/*.map\", \".*\", \"node_modules/**\"]\n";
}

Result<std::string> parse_endpoint(std::string_view endpoint) {
  std::string text(endpoint);
  while (text.ends_with('/')) text.pop_back();
  std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '@' && c != '?' && c != '#' && c != '"' && c != '\\';
  });
  if (scheme == 0 || text.size() == scheme || text[scheme] == '/' || !plain)
    return usage("The endpoint \"" + text + "\" is not an address like https://pods.example.com.");
  return text;
}

Result<ServerSettings> resolve_server(const ServerFlags& flags, const Environment& environment,
                                      const UserPaths& paths) {
  toml::table user = SITEPOD_TRY(load_toml(paths.config));
  toml::table legacy = SITEPOD_TRY(load_toml(paths.legacy));
  std::string user_endpoint, legacy_endpoint{kDefaultEndpoint}, legacy_token;
  SITEPOD_TRY(read_text(user, paths.config, "server", "endpoint", user_endpoint));
  SITEPOD_TRY(read_text(legacy, paths.legacy, "server", "endpoint", legacy_endpoint));
  SITEPOD_TRY(read_text(legacy, paths.legacy, "auth", "token", legacy_token));

  ServerSettings settings;
  std::string chosen =
      !flags.endpoint.empty() ? flags.endpoint : environment("SITEPOD_ENDPOINT").value_or(user_endpoint);
  if (chosen.empty()) chosen = legacy_endpoint;
  settings.endpoint = SITEPOD_TRY(parse_endpoint(chosen));

  auto take = [&settings](std::string token, std::string origin) {
    settings.token = std::move(token);
    settings.token_origin = std::move(origin);
  };
  toml::table credentials = SITEPOD_TRY(load_toml(paths.credentials));
  if (!flags.token.empty()) {
    take(flags.token, "--token");
  } else if (auto token = environment("SITEPOD_TOKEN")) {
    take(*token, "SITEPOD_TOKEN");
  } else if (auto saved = credentials[settings.endpoint]["token"].value_exact<std::string>()) {
    take(*saved, paths.credentials);
  } else if (auto known = parse_endpoint(legacy_endpoint);
             !legacy_token.empty() && known.ok() && *known == settings.endpoint) {
    take(legacy_token, paths.legacy);
  }
  return settings;
}

Result<void> save_login(const UserPaths& paths, std::string_view endpoint, std::string_view token,
                        std::string_view email) {
  toml::table credentials = SITEPOD_TRY(load_toml(paths.credentials));
  credentials.insert_or_assign(endpoint, toml::table{{"token", std::string(token)}, {"email", std::string(email)}});
  SITEPOD_TRY(write_toml(paths.credentials, credentials, 0600));
  toml::table user = SITEPOD_TRY(load_toml(paths.config));
  if (user["server"]["endpoint"].value_or(std::string_view()) == endpoint) return {};
  if (user["server"].as_table() == nullptr) user.insert_or_assign("server", toml::table());
  user["server"].as_table()->insert_or_assign("endpoint", std::string(endpoint));
  return write_toml(paths.config, user, 0600);
}

Result<void> forget_login(const UserPaths& paths, std::string_view endpoint) {
  toml::table credentials = SITEPOD_TRY(load_toml(paths.credentials));
  if (credentials.erase(endpoint) == 0) return {};
  return write_toml(paths.credentials, credentials, 0600);
}

ProjectName resolve_project(std::string_view flag, const Environment& environment, const ProjectFile& file,
                            const std::string& directory) {
  if (!flag.empty()) return {std::string(flag), false};
  if (auto site = environment("SITEPOD_SITE")) return {*site, false};
  if (!file.name.empty()) return {file.name, false};
  fs::path path = fs::absolute(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  bool is_output = std::find(std::begin(kBuildFolders), std::end(kBuildFolders), path.filename().string()) !=
                   std::end(kBuildFolders);
  if (is_output) path = path.parent_path();
  return {path.filename().string(), true};
}

std::string resolve_directory(std::string_view argument, const ProjectFile& file) {
  if (!argument.empty()) return std::string(argument);
  if (!file.directory.empty()) return (fs::path(file.folder) / file.directory).lexically_normal().string();
  for (std::string_view name : kBuildFolders)
    if (fs::is_directory(fs::path(name))) return std::string(name);
  return ".";
}

}  // namespace sitepod::cli
