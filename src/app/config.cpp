#include "app/config.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/data_folder.hpp"
#include "app/toml_file.hpp"
#include "deploy/site_urls.hpp"

namespace sitepod::app {
namespace {

constexpr std::string_view kDefaultOrigin = "default";

std::string explain_unknown(const FileSetting& setting) {
  const std::string_view nearest = nearest_key(setting.key);
  if (nearest.empty()) return fmt::format("{}: unknown setting {}", setting.place, setting.key);
  return fmt::format("{}: unknown setting {}; did you mean {}?", setting.place, setting.key, nearest);
}

// A setting under two names must not have two values.
void check_names(const std::vector<FileSetting>& settings, const FileSetting& one, std::vector<std::string>& problems) {
  for (const FileSetting& other : settings)
    if (other.key != one.key && canonical_key(other.key) == one.key && other.value != one.value)
      problems.push_back(fmt::format("{}: {} is another name of {}, which has another value at {}", other.place,
                                     other.key, one.key, one.place));
}

// The file's values by key; its unknown keys become problems.
std::vector<FileSetting> read_file_settings(const ConfigSources& sources, std::vector<std::string>& problems) {
  if (!sources.file) return {};
  FileSettings parsed = parse_toml_settings(sources.file->second, sources.file->first);
  problems.insert(problems.end(), parsed.problems.begin(), parsed.problems.end());
  for (const FileSetting& each : parsed.settings) {
    const Setting* known = find_setting_by_key(canonical_key(each.key));
    if (known == nullptr)
      problems.push_back(explain_unknown(each));
    else if (each.is_list && !known->is_list)
      problems.push_back(fmt::format("{}: {} must be {}, not a list", each.place, each.key, known->rule));
    check_names(parsed.settings, each, problems);
  }
  for (FileSetting& each : parsed.settings) each.key = canonical_key(each.key);
  return std::move(parsed.settings);
}

constexpr std::string_view kEveryAddress = "0.0.0.0";

std::optional<std::string> read_environment(const ConfigSources& sources, std::string_view name) {
  if (!sources.environment || name.empty()) return std::nullopt;
  auto value = sources.environment(name);
  return value && value->empty() ? std::nullopt : value;
}

ChosenValue choose(const Setting& setting, const ConfigSources& sources, const std::vector<FileSetting>& file) {
  // The last flag of a name counts, as everywhere on command lines.
  for (auto flag = sources.flags.rbegin(); flag != sources.flags.rend(); ++flag)
    if (!setting.flag.empty() && flag->first == setting.flag) return {&setting, flag->second, flag->first};
  for (const std::string_view name : {setting.environment, setting.other_environment})
    if (auto value = read_environment(sources, name)) return {&setting, std::move(*value), std::string(name)};
  // As in the environment, nothing between the quotes is nothing said; but where there is a default, "" is a mistake.
  for (const FileSetting& each : file)
    if (!setting.key.empty() && each.key == setting.key && (!each.value.empty() || !setting.default_value.empty()))
      return {&setting, each.value, each.place};
  return {&setting, std::string(setting.default_value), std::string(kDefaultOrigin)};
}

void check_other_names(const ConfigSources& sources, std::vector<std::string>& problems) {
  for (const Setting& setting : all_settings()) {
    const auto value = read_environment(sources, setting.environment);
    const auto other = read_environment(sources, setting.other_environment);
    if (value && other && *value != *other)
      problems.push_back(fmt::format("{} is another name of {}, which has another value; set one of them",
                                     setting.other_environment, setting.environment));
  }
}

const ChosenValue& chosen_value(const LoadedConfig& loaded, std::string_view name) {
  return *std::find_if(loaded.values.begin(), loaded.values.end(),
                       [&](const ChosenValue& value) { return value.setting->name() == name; });
}

// Alibaba's own addresses take a bucket's name in the host only; a test server has no such hosts.
bool wants_name_in_host(const ServerConfig& config) {
  const std::string& endpoint = config.bucket.endpoint;
  const std::string host = endpoint.substr(std::min(endpoint.find("://"), endpoint.size()));
  return config.storage_type == "oss" && host.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos &&
         !host.starts_with("://localhost") && host.find('[') == std::string::npos;
}

void settle_storage(LoadedConfig& loaded) {
  ServerConfig& config = loaded.config;
  const ChosenValue& type = chosen_value(loaded, "storage.type");
  if (config.storage_type == "local") {
    // Whoever names a bucket expects the bytes there. Existing configurations name a region beside no bucket.
    for (const char* name : {"storage.s3.bucket", "storage.s3.public_endpoint", "storage.s3.take_over"})
      if (const ChosenValue& value = chosen_value(loaded, name); !value.value.empty())
        loaded.problems.push_back(fmt::format(
            "{}: {} has no effect while storage.type is \"local\": set that to s3, oss or r2, or leave this out",
            value.origin, name));
    return;
  }
  const auto require = [&](bool is_there, std::string_view name) {
    if (!is_there)
      loaded.problems.push_back(
          fmt::format("{}: storage.type \"{}\" needs {}; \"local\" keeps bytes in the data folder", type.origin,
                      config.storage_type, name));
  };
  require(!config.bucket.name.empty(), "storage.s3.bucket");
  require(config.storage_type == "s3" || !config.bucket.endpoint.empty(), "storage.s3.endpoint");
  require(!config.bucket.access_key.empty(), "AWS_ACCESS_KEY_ID");
  require(!config.bucket.secret_key.empty(), "AWS_SECRET_ACCESS_KEY");
  if (config.bucket.region.empty()) config.bucket.region = config.storage_type == "r2" ? "auto" : "us-east-1";
  config.bucket.is_name_in_host = wants_name_in_host(config);
  if (const ChosenValue& address = chosen_value(loaded, "storage.s3.public_endpoint");
      !address.value.empty() && !config.bucket.takes_uploads)
    loaded.problems.push_back(
        address.origin +
        ": storage.s3.public_endpoint has no effect while storage.s3.uploads is \"direct\": leave one of them out");
}

// Variables, and settings by their keys.
void note_idle(const ConfigSources& sources, std::span<const IdleSetting> settings, LoadedConfig& loaded) {
  for (const IdleSetting& each : settings) {
    const bool is_key = find_setting_by_key(each.name) != nullptr;
    const bool is_set =
        is_key ? !chosen_value(loaded, each.name).value.empty() : read_environment(sources, each.name).has_value();
    if (is_set) loaded.without_effect.push_back(&each);
  }
}

// Everything of a server lies in one folder, which is what its lock, its backups and its check are about.
void check_database_path(const ServerConfig& config, std::vector<std::string>& problems) {
  namespace fs = std::filesystem;
  const std::string wanted = config.data_dir + std::string(kDatabaseFile);
  if (config.database_path.empty()) return;
  if (fs::absolute(config.database_path).lexically_normal() == fs::absolute(wanted).lexically_normal()) return;
  problems.push_back(
      fmt::format("database.path: the database lies in the data folder; leave it out, or set it to \"{}\"; "
                  "it is \"{}\"",
                  wanted, config.database_path));
}

void check_https(const ServerConfig& config, std::vector<std::string>& problems) {
  const std::size_t certificates = split_paths(config.tls_certificates).size();
  const std::size_t keys = split_paths(config.tls_keys).size();
  if (certificates != keys)
    problems.push_back(
        fmt::format("tls.certificate and tls.key go together, in the same order; there are {} certificates and {} keys",
                    certificates, keys));
  if (config.speaks_https() && certificates == 0 && config.acme_email.empty())
    problems.push_back(
        "server.https_addr needs certificates: name their files with tls.certificate and tls.key, or set "
        "domain.acme_email to have them ordered, or let a proxy end TLS and set server.proxy_mode instead");
  if (!config.speaks_https() && !config.acme_email.empty())
    problems.push_back(
        "domain.acme_email orders certificates for https: set server.https_addr too (and let server.http_addr be "
        "reached at port 80), or take it away");
  if (!config.speaks_https() && certificates + keys > 0)
    problems.push_back("tls.certificate and tls.key are for https: set server.https_addr too, or take them away");
  if (config.speaks_https() && config.proxy_mode)
    problems.push_back(
        "server.proxy_mode says that a proxy ends TLS, and server.https_addr that this server does: set one of them");
}

void check_admin(const ServerConfig& config, std::vector<std::string>& problems) {
  if (config.admin_email.empty() != config.admin_password.empty())
    problems.push_back("SITEPOD_ADMIN_EMAIL and SITEPOD_ADMIN_PASSWORD only work together: set both or neither");
  if (config.console_admin_email.empty() != config.console_admin_password.empty())
    problems.push_back(
        "SITEPOD_CONSOLE_ADMIN_EMAIL and SITEPOD_CONSOLE_ADMIN_PASSWORD only work together: set both or neither");
  if (config.system_email == config.admin_email || config.system_email == config.console_admin_email)
    problems.push_back("SITEPOD_SYSTEM_EMAIL names the server itself and cannot be an admin's address");
}

}  // namespace

LoadedConfig load_config(const ConfigSources& sources) {
  LoadedConfig loaded;
  std::vector<FileSetting> file = read_file_settings(sources, loaded.problems);
  for (const Setting& setting : all_settings()) {
    ChosenValue chosen = choose(setting, sources, file);
    bool is_unset = chosen.value.empty() && chosen.origin == kDefaultOrigin;
    if (!is_unset && !setting.apply(chosen.value, loaded.config))
      loaded.problems.push_back(fmt::format("{}: {} must be {}; it is \"{}\"", chosen.origin, setting.name(),
                                            setting.rule, setting.is_secret ? "(not shown)" : chosen.value));
    loaded.values.push_back(std::move(chosen));
  }
  if (loaded.config.acme_email.empty()) note_idle(sources, settings_for_orders(), loaded);
  check_other_names(sources, loaded.problems);
  if (loaded.config.storage_type == "local") note_idle(sources, settings_for_buckets(), loaded);
  if (loaded.problems.empty()) {
    check_https(loaded.config, loaded.problems);
    settle_storage(loaded);
    check_admin(loaded.config, loaded.problems);
    check_database_path(loaded.config, loaded.problems);
  }
  // The proxy comes from another machine, or out of another container.
  if (loaded.config.proxy_mode && loaded.values.front().origin == kDefaultOrigin)
    loaded.config.listen_host = kEveryAddress;
  return loaded;
}

std::string print_config(const LoadedConfig& loaded) {
  std::string text;
  for (const ChosenValue& chosen : loaded.values) {
    bool is_hidden = chosen.setting->is_secret && !chosen.value.empty();
    text +=
        fmt::format("{} = \"{}\"  # {}\n", chosen.setting->name(), is_hidden ? "(set)" : chosen.value, chosen.origin);
  }
  return text;
}

std::string_view host_of_domain(std::string_view domain) { return domain.substr(0, domain.find(':')); }

std::string resolve_domain(const LoadedConfig& loaded, std::uint16_t listening_port, std::uint16_t https_port) {
  const std::string& domain = loaded.config.domain;
  auto chosen = std::find_if(loaded.values.begin(), loaded.values.end(),
                             [](const ChosenValue& value) { return value.setting->key == "domain.primary"; });
  bool is_default = chosen != loaded.values.end() && chosen->origin == kDefaultOrigin;
  if (!is_default && !domain.ends_with(":0")) return domain;
  const std::string host(host_of_domain(domain));
  return host + ":" + std::to_string(https_port != 0 && !deploy::is_local_domain(host) ? https_port : listening_port);
}

}  // namespace sitepod::app
