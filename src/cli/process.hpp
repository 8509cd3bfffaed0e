// Runs other programs: git, the browser. Arguments are passed as they are; no shell. Blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sitepod::cli {

// Standard output without its last line break when the program ended with status 0; its errors are not shown.
std::optional<std::string> output_of(const std::vector<std::string>& command);
// Whether the program could be started; it is not waited for and prints nothing.
bool start(const std::vector<std::string>& command);

}  // namespace sitepod::cli
