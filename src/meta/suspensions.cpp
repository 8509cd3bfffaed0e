#include "meta/suspensions.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

Suspension read_suspension(const Row& row) { return {row.string(0), row.string(1), row.string(2), row.instant(3)}; }

}  // namespace

Result<std::optional<Suspension>> find_suspension(Session& session, std::string_view project_id) {
  return find_one(session, read_suspension,
                  "SELECT project_id, reason, suspended_by, suspended_at FROM suspensions WHERE project_id = :id",
                  {{"id", project_id}});
}

Result<void> insert_suspension(Session& session, const Suspension& suspension) {
  return run(session,
             "INSERT INTO suspensions (project_id, reason, suspended_by, suspended_at)"
             " VALUES (:project_id, :reason, :suspended_by, :suspended_at) ON CONFLICT (project_id) DO NOTHING",
             {{"project_id", suspension.project_id},
              {"reason", suspension.reason},
              {"suspended_by", suspension.suspended_by},
              {"suspended_at", suspension.suspended_at}});
}

Result<bool> delete_suspension(Session& session, std::string_view project_id) {
  return SITEPOD_TRY(session.execute("DELETE FROM suspensions WHERE project_id = :id", {{"id", project_id}})) > 0;
}

}  // namespace sitepod::meta
