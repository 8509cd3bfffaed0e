// Waits for changes below a folder (inotify). A resource of one thread.
#pragma once

#include <chrono>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::cli {

class FolderWatch {
 public:
  // Errors: "unreadable".
  static Result<FolderWatch> open(std::string root);

  // Looks at folders that are new since the last call too. Requires: called before the folder is read, so that what
  // changes meanwhile is told.
  Result<void> look_around();
  // True when something changed, and nothing more did for a moment; false when `patience` is over or a signal came.
  bool wait(std::chrono::milliseconds patience);

 private:
  FolderWatch(std::string root, UniqueFd queue) : root_(std::move(root)), queue_(std::move(queue)) {}
  bool drain(std::chrono::milliseconds patience);

  std::string root_;
  UniqueFd queue_;
};

}  // namespace sitepod::cli
