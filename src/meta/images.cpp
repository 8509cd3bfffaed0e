#include "meta/image_rows.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

// Counted on the project and not as "highest so far plus one", so that the number of a deleted image is never given
// again.
Result<std::int64_t> next_version(Session& session, std::string_view project_id, Instant at) {
  std::int64_t version = SITEPOD_TRY(
      find_number(session,
                  "UPDATE projects SET last_version = last_version + 1, updated_at = :at WHERE id = :project_id"
                  " RETURNING last_version",
                  {{"at", at}, {"project_id", project_id}}));
  if (version == 0) return not_found("not_found", "The project does not exist any more.");
  return version;
}

}  // namespace

Result<std::optional<Image>> find_image(Session& session, std::string_view id) {
  return find_one(session, read_image, "SELECT " SITEPOD_IMAGE_COLUMNS " FROM images i WHERE i.id = :id", {{"id", id}});
}

Result<std::optional<Image>> find_image_by_version(Session& session, std::string_view project_id,
                                                   std::int64_t version) {
  return find_one(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS
                  " FROM images i WHERE i.project_id = :project_id AND i.version = :version",
                  {{"project_id", project_id}, {"version", version}});
}

Result<std::optional<Image>> find_newest_image(Session& session, std::string_view project_id) {
  return find_one(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS
                  " FROM images i WHERE i.project_id = :project_id ORDER BY i.version DESC LIMIT 1",
                  {{"project_id", project_id}});
}

Result<std::optional<Image>> find_image_of_plan(Session& session, std::string_view plan_id) {
  // The second condition lets the partial index serve the first.
  return find_one(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS " FROM images i WHERE i.plan_id = :plan_id AND i.plan_id <> ''",
                  {{"plan_id", plan_id}});
}

Result<Image> insert_image(Session& session, Image image) {
  image.version = SITEPOD_TRY(next_version(session, image.project_id, image.created_at));
  image.seq = SITEPOD_TRY(find_number(
      session,
      "INSERT INTO images (id, project_id, version, manifest, file_count, total_size, message, git_commit, "
      "git_branch, git_message,"
      " plan_id, created_at, encoding_state, source) VALUES (:id, :project_id, :version, :manifest, :file_count, "
      ":total_size, :message,"
      " :git_commit, :git_branch, :git_message, :plan_id, :created_at, :encoding_state, :source) RETURNING seq",
      {{"id", image.id},
       {"project_id", image.project_id},
       {"version", image.version},
       {"manifest", image.manifest},
       {"file_count", image.file_count},
       {"total_size", image.total_size},
       {"message", image.message},
       {"git_commit", image.git.commit},
       {"git_branch", image.git.branch},
       {"git_message", image.git.message},
       {"plan_id", image.plan_id},
       {"created_at", image.created_at},
       {"encoding_state", image.encoding_state},
       {"source", image.source}}));
  return image;
}

Result<void> set_encoding_state(Session& session, std::string_view image_id, std::string_view state) {
  return run(session, "UPDATE images SET encoding_state = :state WHERE id = :id", {{"state", state}, {"id", image_id}});
}

// Within a project versions and commits have the same order.
Result<std::vector<Image>> list_images(Session& session, std::string_view project_id, std::int64_t limit,
                                       std::int64_t offset) {
  return find_all(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS
                  " FROM images i WHERE i.project_id = :project_id ORDER BY i.version DESC LIMIT :limit OFFSET :offset",
                  {{"project_id", project_id}, {"limit", limit}, {"offset", offset}});
}

Result<std::int64_t> count_images(Session& session, std::string_view project_id) {
  return find_number(session, "SELECT count(*) FROM images WHERE project_id = :project_id",
                     {{"project_id", project_id}});
}

Result<std::vector<Image>> list_images_to_encode(Session& session, std::int64_t limit) {
  return find_all(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS
                  " FROM images i WHERE i.encoding_state <> 'done' ORDER BY i.encoding_state DESC, i.seq LIMIT :limit",
                  {{"limit", limit}});
}

Result<void> each_image(Session& session, const std::function<bool(const Image&)>& each) {
  return session.query("SELECT " SITEPOD_IMAGE_COLUMNS " FROM images i ORDER BY i.seq", {},
                       [&](const Row& row) { return each(read_image(row)); });
}

}  // namespace sitepod::meta
