// Images that were live in an environment lately: visitors whose pages are older than the last release still ask for
// their files, for as long as retention keeps the images. Runs inside the transaction of the Session it is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "meta/records.hpp"

namespace sitepod::meta {

// Of one environment: the bound of what a site that is released all day long costs in memory and on disk.
inline constexpr std::int64_t kMaxRecentImages = 8;

struct RecentRule {
  Instant left_since;       // an image that another one replaced earlier is none
  std::int64_t places = 0;  // how many of an environment, newest first; 0: none at all

  // Those of the time of this length that ends now; zero: none.
  static RecentRule of_last(std::chrono::milliseconds window, Instant now) {
    return {{now.unix_ms - window.count()}, window.count() > 0 ? kMaxRecentImages : 0};
  }
};

struct RecentImage {
  std::string id;
  std::string stage;  // of its encodings
  Instant left_at;    // when it was live for the last time
};

// Those that still exist and are not live there, the one that left last first. Without a query where the environment's
// row shows that there can be none. Looks at no more than the last 256 releases.
Result<std::vector<RecentImage>> list_recent_images(Session&, const Environment&, const RecentRule& rule);

}  // namespace sitepod::meta
