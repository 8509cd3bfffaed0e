#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {

// Only a project's newest change tells anything, so the feed never grows beyond one row a project.
Result<std::int64_t> insert_change(Session& session, std::string_view project_id) {
  SITEPOD_TRY(run(session, "DELETE FROM changes WHERE project_id = :project_id", {{"project_id", project_id}}));
  return find_number(session, "INSERT INTO changes (project_id) VALUES (:project_id) RETURNING seq",
                     {{"project_id", project_id}});
}

Result<std::int64_t> newest_change(Session& session) {
  return find_number(session, "SELECT coalesce(max(seq), 0) FROM changes");
}

Result<void> each_change_after(Session& session, std::int64_t seq,
                               const std::function<void(std::int64_t seq, std::string_view project_id)>& each) {
  return session.query("SELECT seq, project_id FROM changes WHERE seq > :seq ORDER BY seq", {{"seq", seq}},
                       [&](const Row& row) {
                         each(row.integer(0), row.text(1));
                         return true;
                       });
}

}  // namespace sitepod::meta
