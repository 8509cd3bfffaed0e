// Fetches one blob for a worker's caches: the slow half that runs on a pool thread.
// Any thread; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "serve/blob_cache.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::serve {

using OpenBlob = std::function<Result<UniqueFd>(const Digest& blob)>;
using LoadedBlob = Result<std::unique_ptr<Blob>>;

// Reads the whole blob and compares its hash, so that wrong bytes never leave under the right ETag; corruption is
// reported. `open` is one of the openings.
LoadedBlob load_bytes(const Openings& openings, const OpenBlob& open, const Digest& digest, std::uint64_t size);
// Opens the blob and compares its length; hashing a large file for every opening is the scrubber's work, not a
// visitor's.
LoadedBlob load_file(const Openings& openings, const OpenBlob& open, const Digest& digest, std::uint64_t size);
// Why a visitor does not get it, in the log.
void log_unloaded(const Digest& digest, const Error& error);

}  // namespace sitepod::serve
