// Starts another program from inside the worker and waits for it. Requires: the process has one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sitepod::media {

// Its absolute path, by $PATH.
std::optional<std::string> find_program(std::string_view name);

struct ProgramEnd {
  int signal = 0;  // that ended it; 0 when it ended by itself
  int status = 0;
  std::string output;  // the beginning of standard output and standard error

  bool is_good() const { return signal == 0 && status == 0; }
};

// It inherits the confinement and descriptor 0, starts no process of its own, and ends with the worker.
Result<ProgramEnd> run_program(const std::vector<std::string>& command);

}  // namespace sitepod::media
