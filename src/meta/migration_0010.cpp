// Step 10: what the content side does by itself, as state: when a site's failed build is tried again, which pages wait
// for a date, which sites have media that visitors do not get yet, and which films are still to be turned into MP4.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0010_unattended_content() {
  return {10,
          "unattended content",
          {
              // Failed builds in a row that had a date to keep, and when the next one begins.
              "ALTER TABLE site_builds ADD COLUMN failures {integer} NOT NULL DEFAULT 0",
              "ALTER TABLE site_builds ADD COLUMN retry_at {integer}",

              // Pages that were saved before their date; with all columns that the search for due sites reads. The one of
              // before held every page that was published.
              "DROP INDEX pages_by_date",
              "CREATE INDEX pages_scheduled ON pages (published_at, updated_at, project_id)"
              " WHERE draft = 0 AND published_at > updated_at",

              // Sites with media that visitors do not get yet; `change` grows with every upload.
              R"(CREATE TABLE unshown_media (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  change {integer} NOT NULL) {strict})",

              // Films that are served as they came until they are MP4.
              R"(CREATE TABLE waiting_films (
  project_id TEXT NOT NULL,
  path TEXT NOT NULL,
  tries {integer} NOT NULL,
  try_at {integer} NOT NULL,
  PRIMARY KEY (project_id, path),
  FOREIGN KEY (project_id, path) REFERENCES media (project_id, path) ON DELETE CASCADE) {by_key})",
          }};
}

}  // namespace sitepod::meta
