#include "meta/social_images.hpp"

#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

constexpr std::int64_t kMaxTries = 3;

KnownSocialImage read_known(const Row& row) { return {row.string(0), row.optional_instant(1)}; }
SocialImage read_image(const Row& row) { return {row.string(0), row.string(1)}; }
std::string read_text(const Row& row) { return row.string(0); }

Media read_made(const Row& row) {
  Media made;
  made.path = row.string(0);
  made.blob = row.digest(1);
  made.size = row.size(2);
  made.media_type = "image/png";
  return made;
}

#define SITEPOD_TO_MAKE "blob IS NULL AND unused_since IS NULL"

Result<std::optional<std::string>> find_project_to_serve(Session& session, std::string_view after_project) {
  return find_one(session, read_text,
                  "SELECT project_id FROM social_images WHERE " SITEPOD_TO_MAKE
                  " AND tries < :max_tries AND project_id > :after ORDER BY project_id LIMIT 1",
                  {{"max_tries", kMaxTries}, {"after", after_project}});
}

Result<std::vector<SocialImage>> list_to_make(Session& session, std::string_view project_id, std::int64_t min_tries,
                                              std::int64_t max_tries, std::int64_t limit) {
  return find_all(session, read_image,
                  "SELECT path, card FROM social_images WHERE " SITEPOD_TO_MAKE
                  " AND project_id = :project_id AND tries BETWEEN :min_tries AND :max_tries ORDER BY tries LIMIT :max",
                  {{"project_id", project_id}, {"min_tries", min_tries}, {"max_tries", max_tries}, {"max", limit}});
}

}  // namespace

Result<std::vector<KnownSocialImage>> list_social_images(Session& session, std::string_view project_id) {
  return find_all(session, read_known,
                  "SELECT path, unused_since FROM social_images WHERE project_id = :project_id ORDER BY path",
                  {{"project_id", project_id}});
}

Result<void> insert_social_image(Session& session, std::string_view project_id, const SocialImage& image) {
  return run(session,
             "INSERT INTO social_images (project_id, path, card) VALUES (:project_id, :path, :card)"
             " ON CONFLICT (project_id, path) DO UPDATE SET unused_since = NULL",
             {{"project_id", project_id}, {"path", image.path}, {"card", image.card}});
}

Result<void> retire_social_image(Session& session, std::string_view project_id, std::string_view path,
                                 Instant unused_since) {
  return run(session,
             "UPDATE social_images SET unused_since = :unused_since WHERE project_id = :project_id AND path = :path",
             {{"project_id", project_id}, {"path", path}, {"unused_since", unused_since}});
}

Result<void> delete_social_image(Session& session, std::string_view project_id, std::string_view path) {
  return run(session, "DELETE FROM social_images WHERE project_id = :project_id AND path = :path",
             {{"project_id", project_id}, {"path", path}});
}

Result<std::optional<SocialImagesToMake>> find_social_images_to_make(Session& session, std::string_view after_project,
                                                                     std::int64_t limit) {
  std::optional<std::string> project = SITEPOD_TRY(find_project_to_serve(session, after_project));
  if (!project && !after_project.empty()) project = SITEPOD_TRY(find_project_to_serve(session, ""));
  if (!project) return std::optional<SocialImagesToMake>();
  std::vector<SocialImage> images = SITEPOD_TRY(list_to_make(session, *project, 0, 0, limit));
  if (images.empty()) images = SITEPOD_TRY(list_to_make(session, *project, 1, kMaxTries - 1, 1));
  return std::optional(SocialImagesToMake{*std::move(project), std::move(images)});
}

Result<void> finish_social_image(Session& session, std::string_view project_id, std::string_view path,
                                 const Digest& blob, std::uint64_t size) {
  return run(session,
             "UPDATE social_images SET blob = :blob, size = :size WHERE project_id = :project_id AND path = :path",
             {{"project_id", project_id}, {"path", path}, {"blob", blob}, {"size", size}});
}

Result<void> note_social_image_failed(Session& session, std::string_view project_id, std::string_view path) {
  return run(session, "UPDATE social_images SET tries = tries + 1 WHERE project_id = :project_id AND path = :path",
             {{"project_id", project_id}, {"path", path}});
}

Result<std::vector<Media>> list_made_social_images(Session& session, std::string_view project_id) {
  return find_all(session, read_made,
                  "SELECT path, blob, size FROM social_images"
                  " WHERE project_id = :project_id AND blob IS NOT NULL ORDER BY path",
                  {{"project_id", project_id}});
}

}  // namespace sitepod::meta
