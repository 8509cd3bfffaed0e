// Step 11: pictures that stand for pages where links to them are shown, as state: which a site wants, which are made.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0011_social_images() {
  return {11,
          "social images",
          {
              // Without a blob it is still to be made of `card`. What no page of the newest build names is kept a while
              // for images of before.
              R"(CREATE TABLE social_images (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  card TEXT NOT NULL,
  blob {blob} CHECK (length(blob) = 32),
  size {integer} NOT NULL DEFAULT 0,
  unused_since {integer},
  tries {integer} NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, path)) {by_key})",
              "CREATE INDEX social_images_by_blob ON social_images (blob) WHERE blob IS NOT NULL",
              "CREATE INDEX social_images_to_make ON social_images (project_id, tries) WHERE blob IS NULL",
          }};
}

}  // namespace sitepod::meta
