// One run of the media worker, from the server's side: started, watched, ended. Any thread; blocks.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sitepod::media {

struct WorkerStart {
  std::string program;
  std::vector<std::string> arguments;
  int input = -1;      // becomes its descriptor 0
  std::string folder;  // becomes its current folder
  std::chrono::seconds patience{60};
  int stop = -1;  // when it can be read, the worker is ended
};

struct WorkerEnd {
  int signal = 0;           // that ended it; 0 when it ended by itself
  bool timed_out = false;   // it was killed because its time was over, or because it was stopped
  std::string report;       // its standard output, at most 16 KiB
  std::string diagnostics;  // the beginning of its standard error
};

// The worker and everything it started are gone when this returns.
// Errors: Unavailable when it cannot be started.
Result<WorkerEnd> run_worker(const WorkerStart& start);

}  // namespace sitepod::media
