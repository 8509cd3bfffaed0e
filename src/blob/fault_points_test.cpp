#include "blob/fault_points.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sitepod::blob {

SyncCalls sync_calls;

namespace {

int call_or_fail(long number, int fd) {
  if (sync_calls.error != 0) {
    errno = sync_calls.error;
    return -1;
  }
  return static_cast<int>(::syscall(number, fd));
}

}  // namespace
}  // namespace sitepod::blob

extern "C" int fsync(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) == 0)
    ++(S_ISDIR(info.st_mode) ? sitepod::blob::sync_calls.folders : sitepod::blob::sync_calls.files);
  return sitepod::blob::call_or_fail(SYS_fsync, fd);
}

extern "C" int syncfs(int fd) noexcept {
  ++sitepod::blob::sync_calls.file_system;
  return sitepod::blob::call_or_fail(SYS_syncfs, fd);
}
