#include "meta/media.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

Media read_media(const Row& row) {
  return {row.string(0), row.digest(1), row.size(2),   row.string(3),
          row.size(4),   row.size(5),   row.string(6), row.instant(7)};
}
std::string read_project(const Row& row) { return row.string(0); }

}  // namespace

Result<void> upsert_media(Session& session, std::string_view project_id, const Media& media) {
  return run(session,
             "INSERT INTO media (project_id, path, blob, size, media_type, width, height, variant_of, created_at)"
             " VALUES (:project_id, :path, :blob, :size, :media_type, :width, :height, :variant_of, :created_at)"
             " ON CONFLICT (project_id, path) DO UPDATE SET blob = excluded.blob, size = excluded.size,"
             " media_type = excluded.media_type, width = excluded.width, height = excluded.height,"
             " variant_of = excluded.variant_of",
             {{"project_id", project_id},
              {"path", media.path},
              {"blob", media.blob},
              {"size", media.size},
              {"media_type", media.media_type},
              {"width", media.width},
              {"height", media.height},
              {"variant_of", media.variant_of},
              {"created_at", media.created_at}});
}

Result<std::optional<Media>> find_media(Session& session, std::string_view project_id, std::string_view path) {
  return find_one(session, read_media,
                  "SELECT path, blob, size, media_type, width, height, variant_of, created_at FROM media"
                  " WHERE project_id = :project_id AND path = :path",
                  {{"project_id", project_id}, {"path", path}});
}

Result<std::vector<Media>> list_media(Session& session, std::string_view project_id) {
  return find_all(session, read_media,
                  "SELECT path, blob, size, media_type, width, height, variant_of, created_at FROM media"
                  " WHERE project_id = :project_id ORDER BY path",
                  {{"project_id", project_id}});
}

Result<std::vector<std::string>> list_projects_with_media(Session& session, const Digest& blob) {
  return find_all(session, read_project, "SELECT DISTINCT project_id FROM media WHERE blob = :blob ORDER BY project_id",
                  {{"blob", blob}});
}

Result<void> each_media_blob(Session& session, const std::function<void(const Digest& blob)>& each) {
  return session.query("SELECT DISTINCT blob FROM media ORDER BY blob", {}, [&](const Row& row) {
    each(row.digest(0));
    return true;
  });
}

}  // namespace sitepod::meta
