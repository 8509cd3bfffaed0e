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

Result<void> note_site_looked_at(Session& session, std::string_view project_id, Instant now) {
  return run(session,
             "INSERT INTO site_builds (project_id, looked_at) VALUES (:project_id, :now)"
             " ON CONFLICT (project_id) DO UPDATE SET looked_at = excluded.looked_at",
             {{"project_id", project_id}, {"now", now}});
}

// Only pages that waited for their date: what was saved with a date of then or before waits for a build that is asked
// for.
Result<std::vector<std::string>> list_due_sites(Session& session, Instant now) {
  return find_all(session, read_text,
                  "SELECT DISTINCT p.project_id FROM pages p LEFT JOIN site_builds s ON s.project_id = p.project_id"
                  " WHERE p.draft = 0 AND p.published_at IS NOT NULL AND p.published_at <= :now"
                  " AND p.published_at > p.updated_at AND p.published_at > coalesce(s.looked_at, 0)",
                  {{"now", now}});
}

Result<std::optional<Instant>> find_next_due(Session& session, Instant now) {
  const auto found =
      SITEPOD_TRY(find_one(session, read_instant,
                           "SELECT min(published_at) FROM pages WHERE draft = 0 AND published_at IS NOT NULL"
                           " AND published_at > :now",
                           {{"now", now}}));
  return found ? *found : std::nullopt;
}

}  // namespace sitepod::meta
