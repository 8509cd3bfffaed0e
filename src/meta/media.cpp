#include "meta/media.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

#define SITEPOD_MEDIA_COLUMNS "path, blob, size, media_type, width, height, variant_of, created_at, process_at, tries"

Media read_media(const Row& row) {
  return {row.string(0), row.digest(1), row.size(2),    row.string(3),           row.size(4),
          row.size(5),   row.string(6), row.instant(7), row.optional_instant(8), row.integer(9)};
}
MediaToProcess read_media_to_process(const Row& row) { return {row.string(10), read_media(row)}; }
MediaChanges read_media_changes(const Row& row) { return {row.integer(0), row.integer(1)}; }
std::string read_text(const Row& row) { return row.string(0); }
std::string read_project(const Row& row) { return row.string(0); }

}  // namespace

Result<void> upsert_media(Session& session, std::string_view project_id, const Media& media) {
  SITEPOD_TRY(note_media_changed(session, project_id));
  return run(session,
             "INSERT INTO media (project_id, path, blob, size, media_type, width, height, variant_of, created_at,"
             " process_at, tries) VALUES (:project_id, :path, :blob, :size, :media_type, :width, :height, :variant_of,"
             " :created_at, :process_at, :tries)"
             " ON CONFLICT (project_id, path) DO UPDATE SET blob = excluded.blob, size = excluded.size,"
             " media_type = excluded.media_type, width = excluded.width, height = excluded.height,"
             " variant_of = excluded.variant_of, process_at = excluded.process_at, tries = excluded.tries",
             {{"project_id", project_id},
              {"path", media.path},
              {"blob", media.blob},
              {"size", media.size},
              {"media_type", media.media_type},
              {"width", media.width},
              {"height", media.height},
              {"variant_of", media.variant_of},
              {"created_at", media.created_at},
              {"process_at", media.process_at},
              {"tries", media.tries}});
}

Result<std::optional<Media>> find_media(Session& session, std::string_view project_id, std::string_view path) {
  return find_one(session, read_media,
                  "SELECT " SITEPOD_MEDIA_COLUMNS
                  " FROM media"
                  " WHERE project_id = :project_id AND path = :path",
                  {{"project_id", project_id}, {"path", path}});
}

Result<std::vector<Media>> list_media(Session& session, std::string_view project_id) {
  return find_all(session, read_media,
                  "SELECT " SITEPOD_MEDIA_COLUMNS
                  " FROM media"
                  " WHERE project_id = :project_id ORDER BY path",
                  {{"project_id", project_id}});
}

Result<std::vector<std::string>> list_projects_with_media(Session& session, const Digest& blob) {
  return find_all(session, read_project,
                  "SELECT project_id FROM media WHERE blob = :blob"
                  " UNION SELECT project_id FROM social_images WHERE blob = :blob ORDER BY project_id",
                  {{"blob", blob}});
}

Result<std::optional<MediaToProcess>> find_media_to_process(Session& session, Instant now) {
  return find_one(session, read_media_to_process,
                  "SELECT " SITEPOD_MEDIA_COLUMNS
                  ", project_id FROM media WHERE process_at <= :now"
                  " ORDER BY process_at LIMIT 1",
                  {{"now", now}});
}

Result<void> put_off_media(Session& session, std::string_view project_id, std::string_view path,
                           std::optional<Instant> process_at) {
  return run(session,
             "UPDATE media SET process_at = :process_at, tries = tries + 1"
             " WHERE project_id = :project_id AND path = :path",
             {{"project_id", project_id}, {"path", path}, {"process_at", process_at}});
}

Result<MediaChanges> find_media_changes(Session& session, std::string_view project_id) {
  const auto found = SITEPOD_TRY(find_one(session, read_media_changes,
                                          "SELECT newest, shown FROM media_changes WHERE project_id = :project_id",
                                          {{"project_id", project_id}}));
  return found.value_or(MediaChanges());
}

Result<void> note_media_changed(Session& session, std::string_view project_id) {
  return run(session,
             "INSERT INTO media_changes (project_id, newest, shown) VALUES (:project_id, 1, 0)"
             " ON CONFLICT (project_id) DO UPDATE SET newest = media_changes.newest + 1",
             {{"project_id", project_id}});
}

Result<void> note_media_shown(Session& session, std::string_view project_id, std::int64_t change) {
  return run(session, "UPDATE media_changes SET shown = :change WHERE project_id = :project_id AND shown < :change",
             {{"project_id", project_id}, {"change", change}});
}

Result<std::vector<std::string>> list_projects_with_unshown_media(Session& session) {
  return find_all(session, read_text, "SELECT project_id FROM media_changes WHERE shown < newest", {});
}

Result<void> each_media_blob(Session& session, const std::function<void(const Digest& blob)>& each) {
  const auto take = [&](const Row& row) {
    each(row.digest(0));
    return true;
  };
  SITEPOD_TRY(session.query("SELECT DISTINCT blob FROM media ORDER BY blob", {}, take));
  return session.query("SELECT DISTINCT blob FROM social_images WHERE blob IS NOT NULL ORDER BY blob", {}, take);
}

}  // namespace sitepod::meta
