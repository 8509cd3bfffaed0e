// The manual page of the program, in the man macros of roff. Pure.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace sitepod::cli {

std::string manual_page(const CommandTree& program);

}  // namespace sitepod::cli
