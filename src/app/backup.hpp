// Copies of a data folder. A backup is a data folder itself: database, blobs, nothing that a server makes anew. It is
// complete when its database has its name, which comes last. Main thread; blocks.
#pragma once

#include <cstdint>
#include <string>

#include "app/fsck.hpp"
#include "base/result.hpp"

namespace sitepod::app {

struct CopiedStore {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t linked = 0;  // of the blobs: hard links, which took no room
  FsckReport report;         // of the copy
};

// One moment of the folder, whose server may run on. Blobs are linked where both folders are on one file system, copied
// and hashed otherwise. Errors: "conflict" when `to` is there and not empty.
Result<CopiedStore> back_up(const std::string& data_dir, const std::string& to);
// Every blob is copied and hashed, so that backup and server share nothing. Errors: "conflict" when `data_dir` is there
// and not empty; "not_found" when `from` is no complete backup.
Result<CopiedStore> restore(const std::string& from, const std::string& data_dir);

}  // namespace sitepod::app
