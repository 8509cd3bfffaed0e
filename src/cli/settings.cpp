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
constexpr std::size_t kMaxProjectName = 100;

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

// "path": production is shown under a path of a domain that several projects share.
Result<void> read_routing(const toml::table& table, ProjectFile& file) {
  std::string mode;
  SITEPOD_TRY(read_text(table, file.path, "project", "routing_mode", mode));
  if (!mode.empty() && mode != "subdomain" && mode != "path")
    return wrong_type(file.path, "routing_mode", "\"subdomain\" or \"path\"", *table["project"]["routing_mode"].node());
  const toml::table* routing = table["deploy"]["routing"].as_table();
  if (mode != "path") return {};
  if (routing == nullptr || !(*routing)["domain"])
    return usage(file.path + ": routing_mode \"path\" needs [deploy.routing] with domain and slug.");
  const toml::table shown{{"routing", *routing}};
  SITEPOD_TRY(read_text(shown, file.path, "routing", "domain", file.routing_domain));
  return read_text(shown, file.path, "routing", "slug", file.routing_slug);
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
  SITEPOD_TRY(read_text(table, path, "project", "subdomain", file.subdomain));
  SITEPOD_TRY(read_text(table, path, "build", "directory", file.directory));
  SITEPOD_TRY(read_routing(table, file));
  SITEPOD_TRY(read_ignore(table, file));
  if (auto node = table["deploy"]["concurrent"]) {
    auto number = node.value_exact<std::int64_t>();
    if (!number || *number < 1) return wrong_type(path, "concurrent", "a whole number above 0", *node.node()).error();
    file.concurrent = *number;
  }
  return file;
}

std::string render_project_file(const ProjectFile& file) {
  std::string text = "[project]\nname = " + quote_toml(file.name) + "\n";
  if (!file.subdomain.empty()) text += "subdomain = " + quote_toml(file.subdomain) + "\n";
  text += "routing_mode = " + quote_toml(file.routing_domain.empty() ? "subdomain" : "path") + "\n";
  text += "\n[build]\ndirectory = " + quote_toml(file.directory) +
          "\n\n[deploy]\nignore = [\"**/*.map\", \".*\", \"node_modules/**\"]\n";
  if (!file.routing_domain.empty())
    text += "\n[deploy.routing]\ndomain = " + quote_toml(file.routing_domain) +
            "\nslug = " + quote_toml(file.routing_slug) + "\n";
  return text;
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

namespace {

// A token and the endpoint beside it, as SitePod 0.2 keeps them in one file.
bool is_for(const std::string& endpoint, const std::string& token, const std::string& wanted) {
  const auto known = parse_endpoint(endpoint);
  return !token.empty() && known.ok() && *known == wanted;
}

}  // namespace

Result<ServerSettings> resolve_server(const ServerFlags& flags, const Environment& environment,
                                      const UserPaths& paths) {
  toml::table user = SITEPOD_TRY(load_toml(paths.config));
  toml::table legacy = SITEPOD_TRY(load_toml(paths.legacy));
  std::string user_endpoint, user_token, legacy_endpoint{kDefaultEndpoint}, legacy_token;
  SITEPOD_TRY(read_text(user, paths.config, "server", "endpoint", user_endpoint));
  SITEPOD_TRY(read_text(user, paths.config, "auth", "token", user_token));
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
  } else if (is_for(user_endpoint, user_token, settings.endpoint)) {
    take(user_token, paths.config);
  } else if (is_for(legacy_endpoint, legacy_token, settings.endpoint)) {
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

namespace {

// A file in which nothing stands any more goes.
Result<void> write_or_remove(const std::string& path, const toml::table& table) {
  return table.empty() ? remove_file(path) : write_toml(path, table, 0600);
}

bool erase_key(toml::table& table, std::string_view section, std::string_view key) {
  toml::table* keys = table[section].as_table();
  if (keys == nullptr || keys->erase(key) == 0) return false;
  if (keys->empty()) table.erase(section);
  return true;
}

// What a configuration file says of the server, when it is about this one.
Result<void> forget_in(const std::string& path, std::string_view default_endpoint, std::string_view endpoint,
                       bool also_endpoint) {
  toml::table table = SITEPOD_TRY(load_toml(path));
  if (!is_for(table["server"]["endpoint"].value_or(std::string(default_endpoint)), "token", std::string(endpoint)))
    return {};
  bool is_changed = erase_key(table, "auth", "token");
  if (also_endpoint) is_changed |= erase_key(table, "server", "endpoint");
  return is_changed ? write_or_remove(path, table) : Result<void>();
}

Result<void> forget(const UserPaths& paths, std::string_view endpoint, bool also_endpoint) {
  SITEPOD_TRY(forget_in(paths.config, "", endpoint, also_endpoint));
  SITEPOD_TRY(forget_in(paths.legacy, kDefaultEndpoint, endpoint, also_endpoint));
  toml::table credentials = SITEPOD_TRY(load_toml(paths.credentials));
  return credentials.erase(endpoint) == 0 ? Result<void>() : write_or_remove(paths.credentials, credentials);
}

}  // namespace

Result<void> forget_login(const UserPaths& paths, std::string_view endpoint) { return forget(paths, endpoint, false); }
Result<void> forget_server(const UserPaths& paths, std::string_view endpoint) { return forget(paths, endpoint, true); }

namespace {

// "My site!" → "My-site": a folder may be called what no project may.
std::string name_from_folder(const std::string& folder) {
  std::string name;
  for (const char c : folder) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter || c == '_' || (c == '.' && !name.ends_with('.')))
      name += c;
    else if (!name.ends_with('-'))
      name += '-';
  }
  while (!name.empty() && (name.front() == '-' || name.front() == '.' || name.front() == '_')) name.erase(0, 1);
  name.resize(std::min(name.size(), kMaxProjectName));
  while (name.ends_with('-')) name.pop_back();
  return name;
}

}  // namespace

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
  return {name_from_folder(path.filename().string()), true};
}

std::string resolve_directory(std::string_view argument, const ProjectFile& file) {
  if (!argument.empty()) return std::string(argument);
  if (!file.directory.empty()) return (fs::path(file.folder) / file.directory).lexically_normal().string();
  for (std::string_view name : kBuildFolders)
    if (fs::is_directory(fs::path(name))) return std::string(name);
  return ".";
}

}  // namespace sitepod::cli
