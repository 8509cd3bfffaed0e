// How much a project's visitors got this month, the cap on it, and what happens when it is reached: an event at 50, 75
// and 100 %, then nothing (notify), a slow line (throttle) or 503 (pause) until the month ends in UTC. Durable when
// they return; a restriction is visible once the publisher has published the project. Any thread; blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "deploy/deployer.hpp"
#include "meta/traffic.hpp"

namespace sitepod::deploy {

struct ProjectTraffic {
  meta::Project project;
  std::int64_t month = 0;
  meta::Traffic used;
  std::optional<meta::TrafficCap> cap;

  bool is_over() const { return cap && used.bytes >= cap->bytes; }
};

struct WantedCap {
  std::uint64_t bytes = 0;  // 0: no cap
  std::string action;       // meta::kNotify, kThrottle or kPause
};

Result<ProjectTraffic> load_traffic(meta::MetaStore& meta, const identity::Caller& caller, const ProjectRef& project,
                                    Instant now);
// Errors: not_found, Forbidden (an admin has set the cap and the caller is none).
Result<ProjectTraffic> set_traffic_cap(meta::MetaStore& meta, const identity::Caller& caller, const ProjectRef& project,
                                       const WantedCap& wanted, Instant now);

struct SentBytes {
  std::string project_id;
  std::uint64_t bytes = 0;
};
// Adds what was sent and tells of what is reached. Yields the projects that must be published.
Result<std::vector<std::string>> count_traffic(meta::MetaStore& meta, std::span<const SentBytes> sent, Instant now);
// A new month has begun: yields the projects that were over their cap in the last one. Forgets months long gone.
Result<std::vector<std::string>> begin_month(meta::MetaStore& meta, Instant now);

}  // namespace sitepod::deploy
