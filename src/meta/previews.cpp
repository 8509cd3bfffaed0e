#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Preview read_preview(const Row& row) {
  return {row.string(0), row.string(1), row.string(2), row.string(3), row.instant(4), row.instant(5)};
}

}  // namespace

Result<std::optional<Preview>> find_preview(Session& session, std::string_view project_id, std::string_view slug) {
  return find_one(session, read_preview,
                  "SELECT project_id, slug, image_id, password_hash, created_at, expires_at FROM previews"
                  " WHERE project_id = :project_id AND slug = :slug",
                  {{"project_id", project_id}, {"slug", slug}});
}

Result<std::vector<Preview>> list_previews(Session& session, std::string_view project_id) {
  return find_all(session, read_preview,
                  "SELECT project_id, slug, image_id, password_hash, created_at, expires_at FROM previews"
                  " WHERE project_id = :project_id ORDER BY expires_at, slug",
                  {{"project_id", project_id}});
}

Result<std::int64_t> count_previews(Session& session, std::string_view project_id) {
  return find_number(session, "SELECT count(*) FROM previews WHERE project_id = :project_id",
                     {{"project_id", project_id}});
}

Result<void> upsert_preview(Session& session, const Preview& preview) {
  return run(session,
             "INSERT INTO previews (project_id, slug, image_id, password_hash, created_at, expires_at)"
             " VALUES (:project_id, :slug, :image_id, :password_hash, :created_at, :expires_at)"
             " ON CONFLICT (project_id, slug) DO UPDATE SET image_id = excluded.image_id, password_hash = "
             "excluded.password_hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
             {{"project_id", preview.project_id},
              {"slug", preview.slug},
              {"image_id", preview.image_id},
              {"password_hash", preview.password_hash},
              {"created_at", preview.created_at},
              {"expires_at", preview.expires_at}});
}

Result<bool> delete_preview(Session& session, std::string_view project_id, std::string_view slug) {
  return SITEPOD_TRY(session.execute("DELETE FROM previews WHERE project_id = :project_id AND slug = :slug",
                                     {{"project_id", project_id}, {"slug", slug}})) > 0;
}

Result<std::vector<Preview>> list_expired_previews(Session& session, Instant now, std::int64_t limit) {
  return find_all(session, read_preview,
                  "SELECT project_id, slug, image_id, password_hash, created_at, expires_at FROM previews"
                  " WHERE expires_at <= :now ORDER BY expires_at, project_id, slug LIMIT :limit",
                  {{"now", now}, {"limit", limit}});
}

Result<bool> has_live_preview(Session& session, std::string_view image_id, Instant now) {
  return SITEPOD_TRY(find_number(session,
                                 "SELECT count(*) FROM previews WHERE image_id = :image_id AND expires_at > :now",
                                 {{"image_id", image_id}, {"now", now}})) > 0;
}

}  // namespace sitepod::meta
