// Computes SHA-256 and BLAKE3 of every file of a list, in one pass over each, on all cores, in constant memory per
// thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "tree/file_list.hpp"
#include "tree/hash_cache.hpp"

namespace sitepod::tree {

struct HashOptions {
  std::size_t threads = 0;                       // 0: one per core
  HashCache* cache = nullptr;                    // read and filled when given; saving is the caller's
  const std::atomic<bool>* cancelled = nullptr;  // looked at between reads
};

struct HashReport {
  std::size_t hashed = 0;  // files that were read
  std::size_t cached = 0;
};

// Fills the digests and, where a file changed since the scan, its stamp. Errors: "unreadable", naming the file;
// "changed", when a file does not hold still for three attempts; "interrupted".
Result<HashReport> hash_files(FileList& files, const HashOptions& options);

}  // namespace sitepod::tree
