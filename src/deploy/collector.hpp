// Garbage collection: lets images go that retention does not keep, then bytes that nothing needs any more (deploy API
// §10). Mark and sweep: roots are collected first, into files on disk; any error there ends the run with nothing
// deleted. Bytes then go in small batches, each held against new leases (blob/blob_leases.hpp), rows before files, so
// that a crash leaves at most files without rows, which the next run sweeps. Memory does not grow with the store.
// Any thread; one run at a time, others wait. docs/operate/garbage-collection.md explains it to operators.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_store.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

struct CollectorSettings {
  std::int64_t min_versions = 5;
  std::chrono::hours keep{30 * 24};
  std::chrono::seconds grace{3600};  // younger rows and files stay
  // What a client put into a bucket and no commit took goes then, whatever its account plans: twice the life of a plan.
  std::chrono::hours staged{48};
};

// What visitors see, asked of the publisher.
struct Visibility {
  // Waits until visitors see every fact of now, and yields the images that they see; not those of which they only get
  // old files.
  std::function<Result<std::vector<std::string>>()> settle;
  // The image is gone: what was derived from it may go, too.
  std::function<void(std::string_view image_id)> forget_image;
};

struct CollectRequest {
  std::optional<std::chrono::seconds> grace;  // instead of the configured one
  bool dry_run = false;                       // counts and deletes nothing
};

struct CollectReport {
  std::int64_t referenced_blobs = 0;
  std::int64_t total_blobs = 0;
  std::int64_t deleted_blobs = 0;  // in a dry run: that would be
  std::int64_t deleted_images = 0;
  std::int64_t deleted_orphans = 0;  // files that no row names
  std::uint64_t freed_bytes = 0;
  std::vector<std::string> errors;  // sentences for the operator, without internals
};

class Collector {
 public:
  // All outlive the Collector.
  Collector(meta::MetaStore& meta, blob::BlobStore& blobs, CollectorSettings settings, Visibility visibility);

  // Never fails half-way in silence: what went wrong stands in the report's errors, and in the log with its cause.
  CollectReport collect(const CollectRequest& request, Instant now);
  // Deletes those of these blobs that nothing needs, whatever their age, and looks at no others; no image goes.
  CollectReport collect_only(std::vector<Digest> blobs, Instant now);
  // A run that is under way, and every later one, ends at its next step with an error. For the server's end.
  void stop() { stopping_ = true; }

 private:
  class Run;

  meta::MetaStore& meta_;
  blob::BlobStore& blobs_;
  const CollectorSettings settings_;
  const Visibility visibility_;
  std::mutex one_at_a_time_;
  std::atomic<bool> stopping_{false};
};

}  // namespace sitepod::deploy
