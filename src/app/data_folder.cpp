#include "app/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.hpp"

namespace sitepod::app {
namespace {

Error held_by_another(const std::string& data_dir, const std::string& path) {
  auto holder = read_file(path, 64);
  std::string process =
      holder.ok() && !holder->empty() ? " (process " + holder->substr(0, holder->find('\n')) + ")" : "";
  return conflict("Another sitepod is running on " + data_dir + process +
                  "; stop it first, or choose another folder with --data.");
}

}  // namespace

Result<UniqueFd> lock_data_folder(const std::string& data_dir) {
  std::string path = data_dir + "/lock";
  UniqueFd fd = SITEPOD_TRY(open_file(path, O_RDWR | O_CREAT));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by_another(data_dir, path);
    return from_errno(errno, "flock " + path);
  }
  if (::ftruncate(fd.get(), 0) != 0) return from_errno(errno, "truncate " + path);
  SITEPOD_TRY_WITH(write_all(fd.get(), std::to_string(::getpid()) + "\n"), path);
  return fd;
}

}  // namespace sitepod::app
