// The rows as garbage collection, purging and scrubbing read them: page by page in the order of a key, so that neither
// memory nor the length of a read transaction grows with the store; and the tombstones of what was purged.
// Every function runs inside the transaction of the Session it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meta/records.hpp"

namespace sitepod::meta {

// ---- pages: the next rows behind a key, in its order; fewer than `limit`: the last page
// ---------------------------------
struct BlobRow {
  Blob blob;
  Instant created_at;
};
Result<std::vector<BlobRow>> list_blobs_after(Session&, const std::optional<Digest>& after, std::int64_t limit);
Result<std::vector<Image>> list_images_after(Session&, std::int64_t seq, std::int64_t limit);
Result<std::vector<Variant>> list_variants_after(Session&, const std::optional<Variant>& after, std::int64_t limit);
Result<std::vector<std::string>> list_project_ids_after(Session&, std::string_view id, std::int64_t limit);
// Plans that are neither committed nor expired, with their entries.
struct PendingPlan {
  std::string id;
  std::string entries;
};
Result<std::optional<PendingPlan>> find_pending_plan_after(Session&, std::string_view id, Instant now);
// Whether a plan of the account still waits for files.
Result<bool> has_pending_plan(Session&, std::string_view account_id, Instant now);

// ---- retention
// ----------------------------------------------------------------------------------------------------------
struct RetentionRule {
  std::int64_t min_versions = 5;  // newest images of each environment's history that stay
  Instant keep_since;             // younger images stay
  Instant released_since;         // images that were released at or after this stay
  Instant now;                    // previews that expire later keep their image
};
// Images of the project that the rule lets go, oldest first, behind `seq`. What is live is never among them, nor the
// project's newest image.
Result<std::vector<Image>> list_outdated_images(Session&, std::string_view project_id, const RetentionRule& rule,
                                                std::int64_t seq, std::int64_t limit);
// False: there was none. Conflict: it is live.
Result<bool> delete_image(Session&, std::string_view id);
Result<bool> is_manifest(Session&, const Digest& blob);  // reads all images
// Names of the environments that show the image.
Result<std::vector<std::string>> list_environments_showing(Session&, std::string_view image_id);

// ---- variants of bytes that go
// ------------------------------------------------------------------------------------------
Result<std::vector<Variant>> find_variants_made(Session&, const Digest& blob);  // those whose bytes these are
Result<void> delete_variants_made(Session&, const Digest& blob);

// ---- damage
// ------------------------------------------------------------------------------------------------------------- As if
// it had never been durable: plans report it missing, the next upload replaces it. False: no such row.
Result<bool> mark_blob_damaged(Session&, const Digest& sha256);
Result<std::int64_t> count_damaged_blobs(Session&);

// ---- tombstones
// ---------------------------------------------------------------------------------------------------------
struct PurgedBlob {
  Digest sha256;
  Digest blake3;  // all zero: not known
  std::string reason;
  std::string purged_by;  // account id; "operator"
  Instant purged_at;
  std::optional<Instant> lifted_at = {};    // the bytes may come back; until they do, images still lack them
  std::optional<Instant> finished_at = {};  // nothing: some of it is still to be destroyed
};
// A repeated insert keeps the first, unless that one was lifted. Encodings of the bytes are remembered with it.
Result<void> insert_purged_blob(Session&, const PurgedBlob&);
// In force: not lifted.
Result<bool> is_purged_blob(Session&, const Digest& sha256);
// Lifted ones, too.
Result<std::optional<PurgedBlob>> find_purged_blob(Session&, const Digest& sha256);
// In force and not finished.
Result<std::vector<PurgedBlob>> list_unfinished_purges(Session&);
Result<std::vector<Digest>> list_purged_encodings(Session&, const Digest& source);
Result<void> finish_purge(Session&, const Digest& sha256, Instant now);
Result<bool> lift_purged_blob(Session&, const Digest& sha256, Instant now);
Result<void> each_purged_blob(Session&, const std::function<void(const PurgedBlob&)>& each);
struct PurgedImage {
  std::string id;
  std::string project_id;
  std::string owner_id;
  std::string reason;
  std::string purged_by;
  Instant purged_at;
  std::optional<Digest> manifest = {};  // while its bytes are still to be destroyed
};
Result<void> insert_purged_image(Session&, const PurgedImage&);
Result<std::optional<PurgedImage>> find_purged_image(Session&, std::string_view id);
Result<std::vector<PurgedImage>> list_unfinished_image_purges(Session&);
Result<void> finish_image_purge(Session&, std::string_view id);

}  // namespace sitepod::meta
