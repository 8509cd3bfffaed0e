// A folder that only its maker's user may enter, removed with everything in it at the end. A resource; any thread.
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"

namespace sitepod::media {

class TemporaryFolder {
 public:
  // Errors: those of the disk.
  static Result<TemporaryFolder> make(const std::string& parent);

  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace sitepod::media
