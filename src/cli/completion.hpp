// What makes a shell complete the words and options of the program, and file names behind them. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/command_tree.hpp"

namespace sitepod::cli {

// `shell`: "bash", "zsh" or "fish". Errors: Invalid for another one.
Result<std::string> completion_script(const CommandTree& program, std::string_view shell);

}  // namespace sitepod::cli
