// Step 4: what garbage collection and purging ask for.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0004_collection() {
  return {4,
          "collection",
          {
              // Of which file some bytes are an encoding.
              "CREATE INDEX variants_by_blob ON variants (blob)",

              // As a rule empty: counting what is damaged costs nothing.
              "CREATE INDEX blobs_damaged ON blobs (staged_by) WHERE staged_by = 'damaged'",

              // Bytes that were destroyed for good: under neither digest may they come back.
              R"(CREATE TABLE purged_blobs (
  sha256 {blob} NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
  blake3 {blob} NOT NULL CHECK (length(blake3) = 32),
  reason TEXT NOT NULL,
  purged_by TEXT NOT NULL,
  purged_at {integer} NOT NULL) {by_key})",

              R"(CREATE TABLE purged_images (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  purged_by TEXT NOT NULL,
  purged_at {integer} NOT NULL) {strict})",
          }};
}

}  // namespace sitepod::meta
