// Removing bytes: rows first, durably, then files. Shared by the collector, the purger and the one-shot deploy.
// Only .cpp files of this room include it. Any thread; blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/collection.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

struct Removed {
  std::int64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::int64_t failed_files = 0;  // their rows are gone; the next collection takes them up
};

// Removes those of the blobs that nobody uses (blob/blob_leases.hpp).
Result<Removed> remove_unused(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const meta::Blob> candidates);
// Removes rows and files of the blobs, and what says that they are an encoding of something. Requires: held by a
// Removal.
Result<Removed> remove_held(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const meta::Blob> held);
// Removes files that have no row and that nobody uses.
Result<Removed> remove_orphans(meta::MetaStore& meta, blob::BlobStore& blobs, std::span<const Digest> files);

}  // namespace sitepod::deploy
