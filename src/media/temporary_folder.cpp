#include "media/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace sitepod::media {

Result<TemporaryFolder> TemporaryFolder::make(const std::string& parent) {
  std::string path = parent + "/media-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return from_errno(errno, "make a folder in " + parent);
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what is left is in the caller's temporary folder, which is removed as a whole
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace sitepod::media
