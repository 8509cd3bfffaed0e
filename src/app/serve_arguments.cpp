#include "app/serve_arguments.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/outcome.hpp"
#include "app/settings.hpp"

namespace sitepod::app {
namespace {

constexpr int kUsageError = 2;

// Runs the parser over what follows the word. False: `exit_status` is set.
bool parse(CLI::App& parser, int argc, char** argv, int& exit_status) {
  try {
    parser.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& error) {
    exit_status = parser.exit(error) == 0 ? 0 : kUsageError;
    return false;
  }
}

}  // namespace

std::optional<ServeArguments> parse_serve_arguments(int argc, char** argv, int& exit_status) {
  CLI::App parser("Runs the server: sites and API. Settings not given here come from the environment, then the file.",
                  "sitepod serve");
  ServeArguments arguments;
  for (const Setting& setting : all_settings()) {
    if (setting.flag.empty()) continue;
    std::string flag(setting.flag);
    std::string meaning = std::string(setting.meaning) + " (default " + std::string(setting.default_value) + "; " +
                          std::string(setting.environment) + ")";
    parser.add_option_function<std::string>(
        flag, [&arguments, flag](const std::string& value) { arguments.flags.emplace_back(flag, value); }, meaning);
  }
  parser.add_option("--config", arguments.config_file, "TOML file with settings (SITEPOD_CONFIG_FILE)");
  parser.add_flag("--print-config", arguments.print_config, "print every setting with its origin, then end");
  if (!parse(parser, argc, argv, exit_status)) return std::nullopt;
  return arguments;
}

std::string default_data_dir() {
  const char* from_environment = std::getenv("SITEPOD_DATA_DIR");
  return from_environment != nullptr && *from_environment != '\0' ? from_environment : "./sitepod-data";
}

std::optional<FsckArguments> parse_fsck_arguments(int argc, char** argv, int& exit_status) {
  CLI::App parser("Checks that every release is complete on disk: rows, manifests, blobs and their hashes.",
                  "sitepod fsck");
  FsckArguments arguments;
  arguments.data_dir = default_data_dir();
  parser.add_option("--data", arguments.data_dir, "the server's data folder (SITEPOD_DATA_DIR)")->capture_default_str();
  parser.add_flag("--online", arguments.online, "check although a server is running on the folder");
  if (!parse_with_json(parser, argc, argv, arguments.json, exit_status)) return std::nullopt;
  return arguments;
}

}  // namespace sitepod::app
