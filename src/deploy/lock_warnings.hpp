// What changes for readers of locked pages when another built image becomes live: its rules are those of the day it was
// made. Any thread; blocks.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/records.hpp"

namespace sitepod::deploy {

// Sentences for the person who moved the pointer from `before` to `now_live`; none when passwords are as they were.
Result<std::vector<std::string>> describe_lock_changes(const blob::BlobStore& blobs, const meta::Image& before,
                                                       const meta::Image& now_live);

}  // namespace sitepod::deploy
