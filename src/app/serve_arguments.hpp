// The command line of `sitepod serve` and `sitepod fsck`. CLI11 stays behind this. Main thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sitepod::app {

struct ServeArguments {
  std::vector<std::pair<std::string, std::string>> flags;  // of all_settings()
  std::optional<std::string> config_file;
  bool print_config = false;
};

struct FsckArguments {
  std::string data_dir;
  bool json = false;
  bool online = false;
};

// Which folder words about a server's data mean when none is given: SITEPOD_DATA_DIR, else that of `serve`.
std::string default_data_dir();

// Nothing: the parser has answered (help) or complained, and `exit_status` is what the process ends with.
std::optional<ServeArguments> parse_serve_arguments(int argc, char** argv, int& exit_status);
std::optional<FsckArguments> parse_fsck_arguments(int argc, char** argv, int& exit_status);

}  // namespace sitepod::app
