// From an image's manifest and the variants of its blobs to its SiteIndex, file by file: neither stands in memory.
// Any thread; blocks for the database and the disk. A blob that is absent or has another size than the manifest says is
// an error: such an image must not go live.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"
#include "serve/site_index.hpp"

namespace sitepod::publish {

// Whether the blobs of the image are looked for in the store. A commit has done that a moment ago.
enum class Blobs { AreChecked, WereChecked };

// Writes the index into an empty file. `before`, which may be null, is an index of the same site that visitors are
// served from: where the blobs were checked, variants that it offers are not looked for again. `manifest`: the image's;
// null where only the store has it.
Result<void> compile_index(meta::MetaStore& meta, const blob::BlobStore& blobs, const meta::Image& image,
                           const UniqueFd& file, Blobs checked = Blobs::AreChecked,
                           const serve::SiteIndex* before = nullptr, const model::Manifest* manifest = nullptr);

}  // namespace sitepod::publish
