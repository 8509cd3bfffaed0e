// Looks for bytes that have gone bad: their sizes once after every start, their hashes in an endless slow round. What
// is damaged goes to {data}/quarantine and counts as missing, so that the next upload of its hash replaces it; a
// damaged encoding is simply made again. One thread of its own of idle priority, owned by the Scrubber; quarantine()
// and damaged_blobs() are for any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/collection.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

struct ScrubSettings {
  std::uint64_t bytes_per_second = 16u << 20;  // of reading; 0: nothing is read
  std::chrono::hours rest{24};                 // between two rounds
};

class Scrubber {
 public:
  // Both outlive the Scrubber.
  Scrubber(meta::MetaStore& meta, blob::BlobStore& blobs, ScrubSettings settings);
  ~Scrubber();

  void start();

  // These bytes do not have their hash.
  void quarantine(const Digest& blob);
  Result<std::int64_t> damaged_blobs();

  // One pass on the caller's thread, for tests and tools: sizes of everything, and hashes of everything that is left
  // of the current round (at the rate of the settings).
  Result<void> check_sizes();
  Result<void> check_hashes();

 private:
  void run();
  Result<void> check_page(const std::vector<meta::BlobRow>& rows);
  Result<bool> remake(const Digest& blob);
  // False: stopping.
  bool pause(std::chrono::nanoseconds duration);

  meta::MetaStore& meta_;
  blob::BlobStore& blobs_;
  const ScrubSettings settings_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sitepod::deploy
