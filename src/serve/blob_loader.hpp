// Fetches one blob for a worker's caches: the slow half that runs on a pool thread.
// Any thread; blocks.
#pragma once

#include <cstdint>
#include <memory>

#include "base/digest.hpp"
#include "serve/blob_cache.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::serve {

// Reads the whole blob and compares its hash, so that wrong bytes never leave under the right ETag. Null when it cannot
// be had; the cause is logged, and corruption reported.
std::unique_ptr<Blob> load_bytes(const Openings& openings, const Digest& digest, std::uint64_t size);
// Opens the blob and compares its length; hashing a large file for every opening is the scrubber's work, not a
// visitor's.
std::unique_ptr<Blob> load_file(const Openings& openings, const Digest& digest, std::uint64_t size);

}  // namespace sitepod::serve
