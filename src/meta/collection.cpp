#include "meta/collection.hpp"

#include "meta/image_rows.hpp"
#include "meta/plan_parts.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

BlobRow read_blob_row(const Row& row) {
  return {{row.digest(0), row.digest(1), row.size(2), row.string(3)}, row.instant(4)};
}
Variant read_variant(const Row& row) { return {row.digest(0), row.string(1), row.digest(2), row.size(3)}; }
std::string read_text(const Row& row) { return row.string(0); }
PendingPlan read_pending_plan(const Row& row) { return {row.string(0), ""}; }
Digest read_digest(const Row& row) { return row.digest(0); }
PurgedBlob read_purged_blob(const Row& row) {
  return {row.digest(0),  row.digest(1),           row.string(2),          row.string(3),
          row.instant(4), row.optional_instant(5), row.optional_instant(6)};
}
#define SITEPOD_PURGED_BLOB_COLUMNS "sha256, blake3, reason, purged_by, purged_at, lifted_at, finished_at"
PurgedImage read_purged_image(const Row& row) {
  return {row.string(0),
          row.string(1),
          row.string(2),
          row.string(3),
          row.string(4),
          row.instant(5),
          row.is_null(6) ? std::nullopt : std::optional(row.digest(6))};
}
#define SITEPOD_PURGED_IMAGE_COLUMNS "id, project_id, owner_id, reason, purged_by, purged_at, manifest"

}  // namespace

Result<std::vector<BlobRow>> list_blobs_after(Session& session, const std::optional<Digest>& after,
                                              std::int64_t limit) {
  if (!after)
    return find_all(session, read_blob_row,
                    "SELECT sha256, blake3, size, staged_by, created_at FROM blobs ORDER BY sha256 LIMIT :limit",
                    {{"limit", limit}});
  return find_all(session, read_blob_row,
                  "SELECT sha256, blake3, size, staged_by, created_at FROM blobs WHERE sha256 > :after"
                  " ORDER BY sha256 LIMIT :limit",
                  {{"after", *after}, {"limit", limit}});
}

Result<std::vector<Image>> list_images_after(Session& session, std::int64_t seq, std::int64_t limit) {
  return find_all(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS " FROM images i WHERE i.seq > :seq ORDER BY i.seq LIMIT :limit",
                  {{"seq", seq}, {"limit", limit}});
}

Result<std::vector<Variant>> list_variants_after(Session& session, const std::optional<Variant>& after,
                                                 std::int64_t limit) {
  if (!after)
    return find_all(session, read_variant,
                    "SELECT source, encoding, blob, size FROM variants ORDER BY source, encoding LIMIT :limit",
                    {{"limit", limit}});
  return find_all(session, read_variant,
                  "SELECT source, encoding, blob, size FROM variants WHERE (source, encoding) > (:source, :encoding)"
                  " ORDER BY source, encoding LIMIT :limit",
                  {{"source", after->source}, {"encoding", after->encoding}, {"limit", limit}});
}

Result<std::vector<std::string>> list_project_ids_after(Session& session, std::string_view id, std::int64_t limit) {
  return find_all(session, read_text, "SELECT id FROM projects WHERE id > :id ORDER BY id LIMIT :limit",
                  {{"id", id}, {"limit", limit}});
}

Result<std::optional<PendingPlan>> find_pending_plan_after(Session& session, std::string_view id, Instant now) {
  std::optional<PendingPlan> plan = SITEPOD_TRY(
      find_one(session, read_pending_plan,
               "SELECT id FROM plans WHERE id > :id AND image_id = '' AND expires_at > :now ORDER BY id LIMIT 1",
               {{"id", id}, {"now", now}}));
  if (plan) plan->entries = SITEPOD_TRY(read_plan_parts(session, plan->id));
  return plan;
}

Result<bool> has_pending_plan(Session& session, std::string_view account_id, Instant now) {
  const auto plan = SITEPOD_TRY(find_one(session, read_pending_plan,
                                         "SELECT id FROM plans WHERE account_id = :account_id AND image_id = ''"
                                         " AND expires_at > :now LIMIT 1",
                                         {{"account_id", account_id}, {"now", now}}));
  return plan.has_value();
}

Result<std::vector<Image>> list_outdated_images(Session& session, std::string_view project_id,
                                                const RetentionRule& rule, std::int64_t seq, std::int64_t limit) {
  // Of an environment's history only images that still exist count, each once, by their latest release.
  return find_all(session, read_image,
                  "SELECT " SITEPOD_IMAGE_COLUMNS
                  " FROM images i WHERE i.project_id = :project_id AND i.seq > :seq AND i.created_at < :keep_since"
                  // The newest is what a release without an image takes.
                  " AND EXISTS (SELECT 1 FROM images n WHERE n.project_id = i.project_id AND n.version > i.version)"
                  " AND NOT EXISTS (SELECT 1 FROM environments e WHERE e.image_id = i.id)"
                  " AND NOT EXISTS (SELECT 1 FROM previews v WHERE v.image_id = i.id AND v.expires_at > :now)"
                  " AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.project_id = i.project_id AND r.image_id = i.id"
                  "  AND r.created_at >= :released_since)"
                  " AND i.id NOT IN (SELECT h.image_id FROM (SELECT r.image_id AS image_id,"
                  "  row_number() OVER (PARTITION BY r.environment ORDER BY max(r.seq) DESC) AS place"
                  "  FROM releases r JOIN images k ON k.id = r.image_id WHERE r.project_id = :project_id"
                  "  GROUP BY r.environment, r.image_id) h WHERE h.place <= :min_versions)"
                  " ORDER BY i.seq LIMIT :limit",
                  {{"project_id", project_id},
                   {"seq", seq},
                   {"keep_since", rule.keep_since},
                   {"now", rule.now},
                   {"released_since", rule.released_since},
                   {"min_versions", rule.min_versions},
                   {"limit", limit}});
}

Result<bool> delete_image(Session& session, std::string_view id) {
  if (!SITEPOD_TRY(list_environments_showing(session, id)).empty()) return conflict("The image is live.");
  return SITEPOD_TRY(session.execute("DELETE FROM images WHERE id = :id", {{"id", id}})) > 0;
}

Result<bool> is_manifest(Session& session, const Digest& blob) {
  return SITEPOD_TRY(find_number(session, "SELECT 1 FROM images WHERE manifest = :blob LIMIT 1", {{"blob", blob}})) ==
         1;
}

Result<std::vector<std::string>> list_environments_showing(Session& session, std::string_view image_id) {
  return find_all(session, read_text, "SELECT name FROM environments WHERE image_id = :image_id ORDER BY name",
                  {{"image_id", image_id}});
}

Result<std::vector<Variant>> find_variants_made(Session& session, const Digest& blob) {
  return find_all(session, read_variant,
                  "SELECT source, encoding, blob, size FROM variants WHERE blob = :blob ORDER BY source, encoding",
                  {{"blob", blob}});
}

Result<void> delete_variants_made(Session& session, const Digest& blob) {
  return run(session, "DELETE FROM variants WHERE blob = :blob", {{"blob", blob}});
}

// "damaged" stands where the id of a run would, and is none. Literal, so that the partial index serves.
Result<bool> mark_blob_damaged(Session& session, const Digest& sha256) {
  return SITEPOD_TRY(session.execute("UPDATE blobs SET staged_by = 'damaged' WHERE sha256 = :sha256",
                                     {{"sha256", sha256}})) > 0;
}

Result<std::int64_t> count_damaged_blobs(Session& session) {
  return find_number(session, "SELECT count(*) FROM blobs WHERE staged_by = 'damaged'");
}

Result<void> insert_purged_blob(Session& session, const PurgedBlob& purged) {
  SITEPOD_TRY(run(session,
                  "INSERT INTO purged_blobs (sha256, blake3, reason, purged_by, purged_at)"
                  " VALUES (:sha256, :blake3, :reason, :purged_by, :purged_at) ON CONFLICT (sha256) DO UPDATE SET"
                  " reason = excluded.reason, purged_by = excluded.purged_by, purged_at = excluded.purged_at,"
                  " lifted_at = NULL, finished_at = NULL WHERE lifted_at IS NOT NULL",
                  {{"sha256", purged.sha256},
                   {"blake3", purged.blake3},
                   {"reason", purged.reason},
                   {"purged_by", purged.purged_by},
                   {"purged_at", purged.purged_at}}));
  return run(session,
             "INSERT INTO purged_encodings (source, blob) SELECT DISTINCT source, blob FROM variants"
             " WHERE source = :sha256 AND size > 0 ON CONFLICT (source, blob) DO NOTHING",
             {{"sha256", purged.sha256}});
}

Result<bool> is_purged_blob(Session& session, const Digest& sha256) {
  return SITEPOD_TRY(find_number(session, "SELECT 1 FROM purged_blobs WHERE sha256 = :sha256 AND lifted_at IS NULL",
                                 {{"sha256", sha256}})) == 1;
}

Result<std::optional<PurgedBlob>> find_purged_blob(Session& session, const Digest& sha256) {
  return find_one(session, read_purged_blob,
                  "SELECT " SITEPOD_PURGED_BLOB_COLUMNS " FROM purged_blobs WHERE sha256 = :sha256",
                  {{"sha256", sha256}});
}

Result<std::vector<PurgedBlob>> list_unfinished_purges(Session& session) {
  return find_all(session, read_purged_blob,
                  "SELECT " SITEPOD_PURGED_BLOB_COLUMNS
                  " FROM purged_blobs WHERE finished_at IS NULL AND lifted_at IS NULL ORDER BY sha256",
                  {});
}

Result<std::vector<Digest>> list_purged_encodings(Session& session, const Digest& source) {
  return find_all(session, read_digest, "SELECT blob FROM purged_encodings WHERE source = :source ORDER BY blob",
                  {{"source", source}});
}

Result<void> finish_purge(Session& session, const Digest& sha256, Instant now) {
  SITEPOD_TRY(run(session, "DELETE FROM purged_encodings WHERE source = :sha256", {{"sha256", sha256}}));
  return run(session, "UPDATE purged_blobs SET finished_at = :now WHERE sha256 = :sha256",
             {{"sha256", sha256}, {"now", now}});
}

Result<bool> lift_purged_blob(Session& session, const Digest& sha256, Instant now) {
  return SITEPOD_TRY(
             session.execute("UPDATE purged_blobs SET lifted_at = :now WHERE sha256 = :sha256 AND lifted_at IS NULL",
                             {{"sha256", sha256}, {"now", now}})) > 0;
}

Result<void> each_purged_blob(Session& session, const std::function<void(const PurgedBlob&)>& each) {
  return session.query("SELECT " SITEPOD_PURGED_BLOB_COLUMNS " FROM purged_blobs ORDER BY sha256", {},
                       [&](const Row& row) {
                         each(read_purged_blob(row));
                         return true;
                       });
}

Result<void> insert_purged_image(Session& session, const PurgedImage& purged) {
  return run(session,
             "INSERT INTO purged_images (" SITEPOD_PURGED_IMAGE_COLUMNS
             ") VALUES (:id, :project_id, :owner_id, :reason, :purged_by, :purged_at, :manifest)"
             " ON CONFLICT (id) DO NOTHING",
             {{"id", purged.id},
              {"project_id", purged.project_id},
              {"owner_id", purged.owner_id},
              {"reason", purged.reason},
              {"purged_by", purged.purged_by},
              {"purged_at", purged.purged_at},
              {"manifest", purged.manifest}});
}

Result<std::optional<PurgedImage>> find_purged_image(Session& session, std::string_view id) {
  return find_one(session, read_purged_image,
                  "SELECT " SITEPOD_PURGED_IMAGE_COLUMNS " FROM purged_images WHERE id = :id", {{"id", id}});
}

Result<std::vector<PurgedImage>> list_unfinished_image_purges(Session& session) {
  return find_all(session, read_purged_image,
                  "SELECT " SITEPOD_PURGED_IMAGE_COLUMNS " FROM purged_images WHERE manifest IS NOT NULL ORDER BY id",
                  {});
}

Result<void> finish_image_purge(Session& session, std::string_view id) {
  return run(session, "UPDATE purged_images SET manifest = NULL WHERE id = :id", {{"id", id}});
}

}  // namespace sitepod::meta
