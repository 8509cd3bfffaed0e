// Any bytes as the configuration file: every key ends as a value or as a problem that names its place, and what is
// accepted prints as one line per setting.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "app/config.hpp"
#include "app/toml_file.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string name = "fuzz.toml";
  const sitepod::app::FileSettings parsed = sitepod::app::parse_toml_settings(text, name);
  for (const auto& setting : parsed.settings) SITEPOD_CHECK(setting.place.starts_with(name + ":"));
  for (const std::string& problem : parsed.problems) SITEPOD_CHECK(problem.starts_with(name + ":"));

  sitepod::app::ConfigSources sources;
  sources.file = {name, text};
  const sitepod::app::LoadedConfig loaded = sitepod::app::load_config(sources);
  SITEPOD_CHECK(loaded.problems.size() >= parsed.problems.size());
  for (const std::string& problem : loaded.problems) SITEPOD_CHECK(!problem.empty());
  for (const auto& value : loaded.values) {
    const auto from_file = std::find_if(parsed.settings.begin(), parsed.settings.end(),
                                        [&](const auto& setting) { return setting.key == value.setting->key; });
    if (from_file != parsed.settings.end()) SITEPOD_CHECK(value.value == from_file->value || !loaded.problems.empty());
  }
  if (loaded.problems.empty()) SITEPOD_CHECK(!sitepod::app::print_config(loaded).empty());
  return 0;
}
