// The facts of one publication, read in one transaction. Any thread; blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "meta/meta_store.hpp"
#include "publish/live_table.hpp"
#include "publish/site_facts.hpp"

namespace sitepod::publish {

struct Picture {
  // Nothing stands for a project that does not exist.
  std::vector<std::pair<std::string, std::optional<ProjectFacts>>> projects;
  std::int64_t newest_change = 0;
};

// The instant to which facts belong that end by themselves, and which images of the past count then.
struct PictureTime {
  meta::RecentRule recent;
  Instant now;
};

// The projects that were asked for, those that the change feed names behind `newest_change`, and what is mounted on
// their hosts in `live`.
Result<Picture> load_picture(meta::MetaStore& meta, const LiveTable& live, std::int64_t newest_change,
                             std::set<std::string> asked, const PictureTime& time);
// All projects.
Result<Picture> load_everything(meta::MetaStore& meta, const PictureTime& time);

}  // namespace sitepod::publish
