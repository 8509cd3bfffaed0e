// From an image's manifest and the variants of its blobs to the bytes of its SiteIndex.
// Any thread; blocks for the database and the disk. A blob that is absent or has another size than the manifest says is
// an error: such an image must not go live.
#pragma once

#include <string>

#include "base/result.hpp"
#include "blob/disk_store.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::publish {

Result<std::string> compile_index(meta::MetaStore& meta, const blob::DiskStore& blobs, const meta::Image& image);

}  // namespace sitepod::publish
