// The variables of the environment as settings see them, with the secrets that lie in files. Main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::app {

std::optional<std::string> environment_variable(std::string_view name);

using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// NAME_FILE names the file of the secret NAME, as containers and systemd hand secrets over.
Result<Environment> read_environment();

}  // namespace sitepod::app
