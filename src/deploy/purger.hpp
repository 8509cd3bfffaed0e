// Destroying bytes for good, without waiting for retention or grace (docs/operate/purge.md). The tombstone comes first,
// durably; until everything is destroyed it says so, and resume_unfinished() goes on with it. Any thread; blocks; one
// purge at a time, others wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_store.hpp"
#include "deploy/collector.hpp"
#include "identity/caller.hpp"
#include "meta/collection.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

// What the purger needs of the publisher and the data plane.
struct PurgeHooks {
  std::function<void(std::string_view image_id)> forget_image;  // its index is made anew
  std::function<Result<void>(std::string_view project_id)> publish_project;
  std::function<void(std::vector<Digest> blobs)> forget_cached;
};

struct PurgeReport {
  std::int64_t deleted_blobs = 0;
  std::int64_t kept_blobs = 0;  // other images need them
  std::uint64_t freed_bytes = 0;
  std::int64_t affected_images = 0;  // that show a purged blob: their paths answer 410 from now on
  std::vector<std::string> errors;
};

class Purger {
 public:
  // All outlive the Purger.
  Purger(meta::MetaStore& meta, blob::BlobStore& blobs, Collector& collector, PurgeHooks hooks);

  // The image, and every byte of it that nothing else needs. Owner or admin. Conflict: it is live somewhere.
  Result<PurgeReport> purge_image(const identity::Caller& caller, std::string_view image_id, std::string reason,
                                  Instant now);
  // The bytes with this SHA-256 or BLAKE3 (of known bytes), whoever needs them; they can never come back until
  // lift(). Requires: the caller is an admin.
  Result<PurgeReport> purge_blob(const identity::Caller& caller, const Digest& name, std::string reason, Instant now);
  // The bytes may be uploaded again. NotFound: they were not purged.
  Result<void> lift(const identity::Caller& caller, const Digest& sha256, Instant now);

  // Goes on with purges that a crash or an error has cut short. What cannot be finished now either is logged and stays
  // for the next call.
  Result<void> resume_unfinished(Instant now);

 private:
  Result<PurgeReport> destroy_image(const meta::PurgedImage& image, Instant now);
  Result<PurgeReport> destroy_blob(const meta::PurgedBlob& blob, Instant now);
  Result<bool> rebuild_images_with(const Digest& blob, PurgeReport& report);
  Result<bool> destroy_named(const meta::PurgedBlob& blob, PurgeReport& report);
  Result<bool> destroy_encodings(const std::vector<Digest>& encodings, Instant now, PurgeReport& report);
  Result<CollectReport> collect(const std::vector<Digest>& candidates, Instant now, PurgeReport& report);
  bool publish(const std::string& project_id, PurgeReport& report);

  meta::MetaStore& meta_;
  blob::BlobStore& blobs_;
  Collector& collector_;
  const PurgeHooks hooks_;
  std::mutex one_at_a_time_;
};

}  // namespace sitepod::deploy
