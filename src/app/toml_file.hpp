// The settings that a TOML file names, with the place of each. toml++ stays behind this. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sitepod::app {

struct FileSetting {
  std::string key;    // dotted
  std::string value;  // text as it is, numbers and booleans as written in TOML, a list's texts joined by commas
  std::string place;  // "sitepod.toml:3:1"
  bool is_list = false;
};

struct FileSettings {
  std::vector<FileSetting> settings;  // in the order of the file
  std::vector<std::string> problems;  // sentences that begin with the place
};

// `file_name` is for messages only.
FileSettings parse_toml_settings(std::string_view text, const std::string& file_name);

}  // namespace sitepod::app
