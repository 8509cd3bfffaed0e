// Step 9: purges that were begun and not ended, so that the next run of the server goes on with them.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0009_unfinished_purges() {
  return {9,
          "unfinished purges",
          {
              // NULL: not everything is destroyed yet. Purges of before were not remembered and count as finished.
              "ALTER TABLE purged_blobs ADD COLUMN finished_at {integer}",
              "UPDATE purged_blobs SET finished_at = purged_at",

              // What is still to be destroyed besides the bytes themselves; their rows in variants go earlier.
              R"(CREATE TABLE purged_encodings (
  source {blob} NOT NULL REFERENCES purged_blobs (sha256) ON DELETE CASCADE,
  blob {blob} NOT NULL CHECK (length(blob) = 32),
  PRIMARY KEY (source, blob)) {by_key})",

              // The image's list of files while its bytes are still to be destroyed; NULL: nothing is left to do.
              "ALTER TABLE purged_images ADD COLUMN manifest {blob}",
          }};
}

}  // namespace sitepod::meta
