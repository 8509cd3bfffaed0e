// The words of the program with their options, as data: what completions and the manual page are made of.
// Values; any thread.
#pragma once

#include <string>
#include <vector>

namespace sitepod::cli {

struct CommandOption {
  std::vector<std::string> names;  // "-n", "--name"; none: an operand
  std::string operand;             // "DIR"
  bool takes_value = false;
  std::string description;
};

struct CommandTree {
  std::string name;
  std::string description;
  std::vector<CommandOption> options;
  std::vector<CommandTree> commands;
};

}  // namespace sitepod::cli
