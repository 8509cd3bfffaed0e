// For tests of the room: makes fsync and syncfs of this process fail or counts them. Defined in fault_points_test.cpp,
// whose functions take the place of the C library's.
#pragma once

#include <atomic>

namespace sitepod::blob {

struct SyncCalls {
  std::atomic<int> files = 0;        // fsync of a regular file
  std::atomic<int> folders = 0;      // fsync of a folder
  std::atomic<int> file_system = 0;  // syncfs
  std::atomic<int> error = 0;        // not 0: all of them fail with this errno
  void reset() { files = folders = file_system = error = 0; }
};
extern SyncCalls sync_calls;

}  // namespace sitepod::blob
