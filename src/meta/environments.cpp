#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Environment read_environment(const Row& row) {
  return {row.string(0), row.string(1), row.string(2), row.string(3), row.integer(4), row.integer(5), row.instant(6)};
}

}  // namespace

Result<std::optional<Environment>> find_environment(Session& session, std::string_view project_id,
                                                    std::string_view name) {
  return find_one(
      session, read_environment,
      "SELECT project_id, name, image_id, previous_image_id, walk_before, source_seq, updated_at FROM environments"
      " WHERE project_id = :project_id AND name = :name",
      {{"project_id", project_id}, {"name", name}});
}

Result<std::vector<Environment>> list_environments(Session& session, std::string_view project_id) {
  return find_all(
      session, read_environment,
      "SELECT project_id, name, image_id, previous_image_id, walk_before, source_seq, updated_at FROM environments"
      " WHERE project_id = :project_id ORDER BY name",
      {{"project_id", project_id}});
}

Result<void> upsert_environment(Session& session, const Environment& environment) {
  return run(
      session,
      "INSERT INTO environments (project_id, name, image_id, previous_image_id, walk_before, source_seq, updated_at)"
      " VALUES (:project_id, :name, :image_id, :previous_image_id, :walk_before, :source_seq, :updated_at)"
      " ON CONFLICT (project_id, name) DO UPDATE SET image_id = excluded.image_id, previous_image_id = "
      "excluded.previous_image_id,"
      " walk_before = excluded.walk_before, source_seq = excluded.source_seq, updated_at = excluded.updated_at",
      {{"project_id", environment.project_id},
       {"name", environment.name},
       {"image_id", environment.image_id},
       {"previous_image_id", environment.previous_image_id},
       {"walk_before", environment.walk_before},
       {"source_seq", environment.source_seq},
       {"updated_at", environment.updated_at}});
}

}  // namespace sitepod::meta
