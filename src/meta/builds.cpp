#include "meta/builds.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

#define SITEPOD_SELECT_BUILD                                                                                         \
  "SELECT b.seq, b.id, b.project_id, b.account_id, b.status, b.triggered_by, b.actor_id, b.actor_email, "            \
  "b.actor_address, b.token_name, b.created_at, b.requested_at, b.started_at, b.completed_at, b.image_id, b.error, " \
  "b.report FROM builds b "

Build read_build(const Row& row) {
  return {row.integer(0),
          row.string(1),
          row.string(2),
          row.string(3),
          row.string(4),
          row.string(5),
          row.string(6),
          row.string(7),
          row.string(8),
          row.string(9),
          row.instant(10),
          row.instant(11),
          row.optional_instant(12),
          row.optional_instant(13),
          row.string(14),
          row.string(15),
          row.string(16)};
}
std::optional<Instant> read_instant(const Row& row) { return row.optional_instant(0); }
std::string read_text(const Row& row) { return row.string(0); }
SiteDates read_site_dates(const Row& row) { return {row.instant(0), row.integer(1), row.optional_instant(2)}; }

}  // namespace

Result<void> insert_build(Session& session, const Build& build) {
  return run(session,
             "INSERT INTO builds (id, project_id, account_id, status, triggered_by, actor_id, actor_email,"
             " actor_address, token_name, created_at, requested_at, started_at, completed_at, image_id, error, report)"
             " VALUES (:id, :project_id, :account_id, :status, :triggered_by, :actor_id, :actor_email, :actor_address,"
             " :token_name, :created_at, :requested_at, :started_at, :completed_at, :image_id, :error, :report)",
             {{"id", build.id},
              {"project_id", build.project_id},
              {"account_id", build.account_id},
              {"status", build.status},
              {"triggered_by", build.triggered_by},
              {"actor_id", build.actor_id},
              {"actor_email", build.actor_email},
              {"actor_address", build.actor_address},
              {"token_name", build.token_name},
              {"created_at", build.created_at},
              {"requested_at", build.requested_at},
              {"started_at", build.started_at},
              {"completed_at", build.completed_at},
              {"image_id", build.image_id},
              {"error", build.error},
              {"report", build.report}});
}

Result<std::optional<Build>> find_newest_build(Session& session, std::string_view project_id) {
  return find_one(session, read_build,
                  SITEPOD_SELECT_BUILD "WHERE b.project_id = :project_id ORDER BY b.seq DESC LIMIT 1",
                  {{"project_id", project_id}});
}

Result<std::optional<Build>> find_waiting_build(Session& session, std::string_view project_id) {
  return find_one(session, read_build, SITEPOD_SELECT_BUILD "WHERE b.project_id = :project_id AND b.status = 'queued'",
                  {{"project_id", project_id}});
}

Result<std::optional<Instant>> find_last_request(Session& session, std::string_view project_id) {
  const auto found = SITEPOD_TRY(
      find_one(session, read_instant,
               "SELECT max(requested_at) FROM builds WHERE project_id = :project_id AND triggered_by = 'api'",
               {{"project_id", project_id}}));
  return found ? *found : std::nullopt;
}

Result<std::int64_t> count_builds_since(Session& session, std::string_view account_id, Instant since) {
  return find_number(session,
                     "SELECT count(*) FROM builds WHERE account_id = :account_id AND created_at >= :since"
                     " AND triggered_by = 'api'",
                     {{"account_id", account_id}, {"since", since}});
}

Result<void> renew_build_request(Session& session, std::string_view id, Instant requested_at) {
  return run(session, "UPDATE builds SET requested_at = :at, triggered_by = 'api' WHERE id = :id",
             {{"at", requested_at}, {"id", id}});
}

Result<std::optional<Build>> find_build_to_run(Session& session) {
  return find_one(session, read_build,
                  SITEPOD_SELECT_BUILD
                  "WHERE b.status = 'queued' AND NOT EXISTS (SELECT 1 FROM builds r"
                  " WHERE r.project_id = b.project_id AND r.status = 'running') ORDER BY b.seq LIMIT 1",
                  {});
}

Result<void> mark_build_running(Session& session, std::string_view id, Instant now) {
  return run(session, "UPDATE builds SET status = 'running', started_at = :now WHERE id = :id",
             {{"now", now}, {"id", id}});
}

Result<void> finish_build(Session& session, const Build& build) {
  return run(session,
             "UPDATE builds SET status = :status, completed_at = :completed_at, image_id = :image_id, error = :error,"
             " report = :report WHERE id = :id",
             {{"id", build.id},
              {"status", build.status},
              {"completed_at", build.completed_at},
              {"image_id", build.image_id},
              {"error", build.error},
              {"report", build.report}});
}

Result<void> requeue_running_builds(Session& session, Instant now) {
  SITEPOD_TRY(run(session,
                  "UPDATE builds SET status = 'failed', completed_at = :now,"
                  " error = 'The server ended while it ran; the build that waited behind it takes its place.'"
                  " WHERE status = 'running' AND EXISTS (SELECT 1 FROM builds w"
                  " WHERE w.project_id = builds.project_id AND w.status = 'queued')",
                  {{"now", now}}));
  return run(session, "UPDATE builds SET status = 'queued', started_at = NULL WHERE status = 'running'", {});
}

Result<void> prune_builds(Session& session, std::string_view project_id, std::int64_t keep, Instant counted_since) {
  return run(
      session,
      "DELETE FROM builds WHERE project_id = :project_id AND status IN ('success', 'failed')"
      " AND NOT (triggered_by = 'api' AND created_at >= :since)"
      " AND seq <= (SELECT seq FROM builds WHERE project_id = :project_id ORDER BY seq DESC LIMIT 1 OFFSET :keep)",
      {{"project_id", project_id}, {"since", counted_since}, {"keep", keep}});
}

// ---- due dates ------------------------------------------------------------------------------------------------------
Result<SiteDates> find_site_dates(Session& session, std::string_view project_id) {
  const auto found = SITEPOD_TRY(find_one(
      session, read_site_dates, "SELECT looked_at, failures, retry_at FROM site_builds WHERE project_id = :project_id",
      {{"project_id", project_id}}));
  return found.value_or(SiteDates());
}

// Of sites that are still there: their builds may end after them.
Result<void> note_site_built(Session& session, std::string_view project_id, Instant as_of) {
  return run(session,
             "INSERT INTO site_builds (project_id, looked_at) SELECT id, :as_of FROM projects WHERE id = :project_id"
             " ON CONFLICT (project_id) DO UPDATE SET looked_at = excluded.looked_at, failures = 0, retry_at = NULL",
             {{"project_id", project_id}, {"as_of", as_of}});
}

Result<void> note_site_failed(Session& session, std::string_view project_id, std::int64_t failures, Instant retry_at) {
  return run(session,
             "INSERT INTO site_builds (project_id, looked_at, failures, retry_at)"
             " SELECT id, 0, :failures, :retry_at FROM projects WHERE id = :project_id"
             " ON CONFLICT (project_id) DO UPDATE SET failures = excluded.failures, retry_at = excluded.retry_at",
             {{"project_id", project_id}, {"failures", failures}, {"retry_at", retry_at}});
}

// Only pages that waited for their date: what was saved with a date of then or before waits for a build that is asked
// for. The terms are those of the index pages_scheduled.
#define SITEPOD_IS_SCHEDULED "p.draft = 0 AND p.published_at > p.updated_at AND p.published_at <= :now"

Result<bool> is_site_due(Session& session, std::string_view project_id, Instant as_of) {
  const std::int64_t count = SITEPOD_TRY(find_number(
      session,
      "SELECT count(*) FROM pages p LEFT JOIN site_builds s ON s.project_id = p.project_id"
      " WHERE " SITEPOD_IS_SCHEDULED " AND p.published_at > coalesce(s.looked_at, 0) AND p.project_id = :project_id",
      {{"now", as_of}, {"project_id", project_id}}));
  return count > 0;
}

// A site whose build is to be tried again counts by that alone: its page may have been saved since.
Result<std::vector<std::string>> list_due_sites(Session& session, Instant now) {
  return find_all(session, read_text,
                  "SELECT due.project_id FROM ("
                  "SELECT p.project_id FROM pages p LEFT JOIN site_builds s ON s.project_id = p.project_id"
                  " WHERE " SITEPOD_IS_SCHEDULED
                  " AND p.published_at > coalesce(s.looked_at, 0) AND s.retry_at IS NULL"
                  " UNION SELECT r.project_id FROM site_builds r WHERE r.retry_at <= :now) due"
                  " WHERE NOT EXISTS (SELECT 1 FROM builds b WHERE b.project_id = due.project_id"
                  " AND b.status IN ('queued', 'running'))",
                  {{"now", now}});
}

Result<std::optional<Instant>> find_next_due(Session& session, Instant now) {
  const auto found = SITEPOD_TRY(find_one(
      session, read_instant,
      "SELECT min(due.at) FROM (SELECT min(published_at) AS at FROM pages WHERE draft = 0 AND published_at > updated_at"
      " AND published_at > :now UNION ALL SELECT min(retry_at) FROM site_builds WHERE retry_at > :now) due",
      {{"now", now}}));
  return found ? *found : std::nullopt;
}

}  // namespace sitepod::meta
