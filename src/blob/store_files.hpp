// What the store and its running uploads share: where files are, whether the store is degraded, which blobs are known
// to be durable. Any thread. Private to the room.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::blob {

// Blobs whose files and folder entries were fsynced in this run, so that the next barrier skips them. Bounded: when
// full it forgets all, which costs fsyncs and nothing else.
class DurableBlobs {
 public:
  bool contains(const Digest& blob) const;
  void add(const Digest& blob);
  void remove(const Digest& blob);

 private:
  mutable std::mutex mutex_;  // guards known_
  std::unordered_set<Digest, DigestHash> known_;
};

class StoreFiles {
 public:
  explicit StoreFiles(std::string root);

  const std::string& root() const { return root_; }
  std::string blobs_folder() const { return root_ + "/blobs"; }
  std::string temporary_folder() const { return root_ + "/tmp"; }
  std::string quarantine_folder() const { return root_ + "/quarantine"; }
  // {root}/blobs/{h[0:2]}
  std::string folder_of(const Digest& blob) const;
  std::string path_of(const Digest& blob) const;
  // A name in tmp/ that no other upload has.
  std::string new_temporary_path();

  // Opens only a regular file: no symbolic link is followed and no FIFO waited for. Absent: kind NotFound.
  Result<UniqueFd> open_regular(const Digest& blob) const;
  // Hashes the file; false: other bytes than its name says, or not there.
  Result<bool> verify(const Digest& blob) const;
  // Moves whatever stands in a blob's place aside; nothing there is fine.
  Result<void> quarantine(const Digest& blob);

  bool is_degraded() const { return degraded_.load(std::memory_order_relaxed); }
  Result<void> refuse_if_degraded() const;
  // After a failed fsync. Yields the error to pass on.
  Error degrade(Error cause);

  DurableBlobs durable;

 private:
  const std::string root_;
  const std::string run_;  // random, in the names of temporary files
  std::atomic<bool> degraded_ = false;
  std::atomic<std::uint64_t> next_temporary_ = 0;
};

}  // namespace sitepod::blob
