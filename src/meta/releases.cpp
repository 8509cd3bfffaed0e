#include "meta/image_rows.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

Release read_release(const Row& row) {
  return {row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4),  row.string(5),
          row.string(6),  row.string(7), row.string(8), row.string(9), row.instant(10)};
}

}  // namespace

Result<std::int64_t> insert_release(Session& session, const Release& release) {
  SITEPOD_TRY(run(session, "UPDATE projects SET updated_at = :at WHERE id = :project_id",
                  {{"at", release.created_at}, {"project_id", release.project_id}}));
  return find_number(
      session,
      "INSERT INTO releases (project_id, environment, image_id, previous_image_id, kind, actor_id, actor_email, "
      "actor_address,"
      " token_name, created_at) VALUES (:project_id, :environment, :image_id, :previous_image_id, :kind, :actor_id,"
      " :actor_email, :actor_address, :token_name, :created_at) RETURNING seq",
      {{"project_id", release.project_id},
       {"environment", release.environment},
       {"image_id", release.image_id},
       {"previous_image_id", release.previous_image_id},
       {"kind", release.kind},
       {"actor_id", release.actor_id},
       {"actor_email", release.actor_email},
       {"actor_address", release.actor_address},
       {"token_name", release.token_name},
       {"created_at", release.created_at}});
}

// Releases of one environment that were no rollbacks.
#define SITEPOD_DEPLOY                                                                                            \
  "SELECT seq, project_id, environment, image_id, previous_image_id, kind, actor_id, actor_email, actor_address," \
  " token_name, created_at FROM releases"                                                                         \
  " WHERE project_id = :project_id AND environment = :environment AND kind = 'deploy'"

Result<std::optional<Release>> find_earlier_deploy(Session& session, std::string_view project_id,
                                                   std::string_view environment, std::int64_t before,
                                                   std::string_view not_image) {
  return find_one(
      session, read_release,
      SITEPOD_DEPLOY
      " AND seq < :before AND image_id <> :not_image AND EXISTS (SELECT 1 FROM images i WHERE i.id = releases.image_id)"
      " ORDER BY seq DESC LIMIT 1",
      {{"project_id", project_id}, {"environment", environment}, {"before", before}, {"not_image", not_image}});
}

Result<std::optional<Release>> find_deploy_of_image(Session& session, std::string_view project_id,
                                                    std::string_view environment, std::string_view image_id,
                                                    std::int64_t before) {
  return find_one(
      session, read_release, SITEPOD_DEPLOY " AND image_id = :image_id AND seq < :before ORDER BY seq DESC LIMIT 1",
      {{"project_id", project_id}, {"environment", environment}, {"image_id", image_id}, {"before", before}});
}

Result<std::optional<Release>> find_deploy_that_showed(Session& session, std::string_view project_id,
                                                       std::string_view environment, std::string_view image_id,
                                                       std::int64_t last) {
  return find_one(
      session, read_release,
      SITEPOD_DEPLOY
      " AND image_id = :image_id AND seq <= :last AND previous_image_id <> image_id ORDER BY seq DESC LIMIT 1",
      {{"project_id", project_id}, {"environment", environment}, {"image_id", image_id}, {"last", last}});
}

Result<std::vector<Image>> list_images_released_to(Session& session, std::string_view project_id,
                                                   std::string_view environment, std::int64_t limit,
                                                   std::int64_t offset) {
  return find_all(
      session, read_image,
      "SELECT " SITEPOD_IMAGE_COLUMNS
      " FROM images i JOIN (SELECT image_id, max(seq) AS newest FROM releases"
      " WHERE project_id = :project_id AND environment = :environment GROUP BY image_id) r ON r.image_id = i.id"
      " ORDER BY r.newest DESC LIMIT :limit OFFSET :offset",
      {{"project_id", project_id}, {"environment", environment}, {"limit", limit}, {"offset", offset}});
}

Result<std::int64_t> count_images_released_to(Session& session, std::string_view project_id,
                                              std::string_view environment) {
  return find_number(session,
                     "SELECT count(*) FROM images i WHERE i.id IN (SELECT image_id FROM releases"
                     " WHERE project_id = :project_id AND environment = :environment)",
                     {{"project_id", project_id}, {"environment", environment}});
}

Result<std::vector<Release>> list_releases(Session& session, std::string_view project_id, std::int64_t limit,
                                           std::int64_t offset) {
  return find_all(
      session, read_release,
      "SELECT seq, project_id, environment, image_id, previous_image_id, kind, actor_id, actor_email, actor_address,"
      " token_name, created_at FROM releases WHERE project_id = :project_id ORDER BY seq DESC LIMIT :limit OFFSET "
      ":offset",
      {{"project_id", project_id}, {"limit", limit}, {"offset", offset}});
}

}  // namespace sitepod::meta
