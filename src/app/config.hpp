// The server's configuration: flag before environment before file before default, each value with its origin, all
// problems at once. Pure functions of their sources; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/settings.hpp"

namespace sitepod::app {

struct ConfigSources {
  std::vector<std::pair<std::string, std::string>> flags;                        // {"--listen", "127.0.0.1:0"}
  std::function<std::optional<std::string>(std::string_view name)> environment;  // an empty value counts as not set
  std::optional<std::pair<std::string, std::string>> file;                       // name for messages, content
};

struct ChosenValue {
  const Setting* setting = nullptr;
  std::string value;
  std::string origin;  // "default", "--listen", "SITEPOD_DOMAIN", "sitepod.toml:3:1"
};

struct LoadedConfig {
  ServerConfig config;
  std::vector<ChosenValue> values;                 // in the order of all_settings()
  std::vector<std::string> problems;               // not empty: `config` is of no use
  std::vector<const IdleSetting*> without_effect;  // are set, for whomever
};

LoadedConfig load_config(const ConfigSources& sources);

// One line per setting: key = "value"  # origin. Secrets are not shown.
std::string print_config(const LoadedConfig& loaded);

// The host of the domain, without its port.
std::string_view host_of_domain(std::string_view domain);
// The domain as it is once the listeners' ports are known: port 0, and the default domain, follow the listener that its
// addresses lead to. `https_port` 0: there is none.
std::string resolve_domain(const LoadedConfig& loaded, std::uint16_t listening_port, std::uint16_t https_port = 0);

}  // namespace sitepod::app
