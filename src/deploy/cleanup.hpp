// Deletes what has expired: plans and previews (deploy API §10). Any thread; blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::deploy {

struct CleanupReport {
  std::int64_t expired_previews = 0;
  std::int64_t expired_plans = 0;
  std::vector<std::string> projects;  // that had a preview deleted: the caller has them published
};

Result<CleanupReport> delete_expired(meta::MetaStore& meta, Instant now);

}  // namespace sitepod::deploy
