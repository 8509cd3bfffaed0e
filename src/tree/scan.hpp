// Lists what a folder would publish, and says what it leaves out. Blocks on the disk; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "tree/file_list.hpp"
#include "tree/ignore_rules.hpp"

struct stat;

namespace sitepod::tree {

struct Skipped {
  std::string path;  // folders end in '/'
  SkipReason reason;
};

struct ScanResult {
  FileList files;
  std::vector<Skipped> skipped;  // the first kMaxSkippedKept, in order of path
  std::size_t skipped_count = 0;
};

inline constexpr std::size_t kMaxSkippedKept = 1000;

// Walks `root` depth first. `.sitepodignore` and `.assetsignore` of the root are added to `rules`. Symbolic links are
// followed only where they stay inside the root; sockets, devices and pipes are skipped and reported. Errors:
// "not_found" (no such folder), "unreadable" and "invalid_path": each names up to ten culprits; nothing is left out
// silently.
Result<ScanResult> scan(const std::string& root, IgnoreRules rules);

// The same for one opened or found file.
FileStamp stamp_of(const struct stat& info);

// A name for people: bytes that are not printable UTF-8 appear as \xNN.
std::string printable(std::string_view name);

}  // namespace sitepod::tree
