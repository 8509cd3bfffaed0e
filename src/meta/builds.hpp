// Builds of sites as rows. Their state is the queue: whoever runs builds takes the oldest that waits.
// Every function runs inside the transaction of the Session it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct Build {
  std::int64_t seq = 0;  // given by insert_build
  std::string id;        // UUID
  std::string project_id;
  std::string account_id;    // whose quota it counts against
  std::string status;        // "queued", "running", "success", "failed"
  std::string triggered_by;  // "api", "schedule"
  std::string actor_id;
  std::string actor_email;
  std::string actor_address;
  std::string token_name;
  Instant created_at;
  Instant requested_at;  // the last request that it serves
  std::optional<Instant> started_at;
  std::optional<Instant> completed_at;
  std::string image_id;  // of a successful one
  std::string error;     // of a failed one: what went wrong and where
  std::string report;    // one broken link a line: page, line, target, separated by tabs
};
Result<void> insert_build(Session&, const Build&);
Result<std::optional<Build>> find_newest_build(Session&, std::string_view project_id);
Result<std::optional<Build>> find_waiting_build(Session&, std::string_view project_id);
// The newest request for a build by the API, whatever became of it.
Result<std::optional<Instant>> find_last_request(Session&, std::string_view project_id);
Result<std::int64_t> count_builds_since(Session&, std::string_view account_id, Instant since);
Result<void> renew_build_request(Session&, std::string_view id, Instant requested_at);
// The oldest that waits while none of its site runs.
Result<std::optional<Build>> find_build_to_run(Session&);
Result<void> mark_build_running(Session&, std::string_view id, Instant now);
// `build` as it ended: status, completed_at, image_id, error, report.
Result<void> finish_build(Session&, const Build& build);
// After a restart: those that ran wait again, or end where another waits already.
Result<void> requeue_running_builds(Session&, Instant now);

// Ended builds of the site, but for the newest `keep` and those by the API since `counted_since`, which quotas count.
Result<void> prune_builds(Session&, std::string_view project_id, std::int64_t keep, Instant counted_since);

// ---- due dates ------------------------------------------------------------------------------------------------------
// Up to when successful builds of a site have looked at its dates, and how those that failed are tried again.
struct SiteDates {
  Instant looked_at;
  std::int64_t failures = 0;        // in a row
  std::optional<Instant> retry_at;  // nothing: no date was missed
};
Result<SiteDates> find_site_dates(Session&, std::string_view project_id);
// A build that looked at the dates up to `as_of` is shown: earlier failures are history.
Result<void> note_site_built(Session&, std::string_view project_id, Instant as_of);
// A build that had a date to keep has failed.
Result<void> note_site_failed(Session&, std::string_view project_id, std::int64_t failures, Instant retry_at);
// Some page of the site came due up to `as_of`, and no build has shown it.
Result<bool> is_site_due(Session&, std::string_view project_id, Instant as_of);
// Such sites, but for those of which a build waits or runs, or is to be tried again later than now.
Result<std::vector<std::string>> list_due_sites(Session&, Instant now);
// When the next page of any site comes due, or the next build is tried again.
Result<std::optional<Instant>> find_next_due(Session&, Instant now);

}  // namespace sitepod::meta
