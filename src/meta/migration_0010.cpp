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

              // Pages that were saved before their date; with all columns that the search for due sites reads. The one
              // of before held every page that was published.
              "DROP INDEX pages_by_date",
              "CREATE INDEX pages_scheduled ON pages (published_at, updated_at, project_id)"
              " WHERE draft = 0 AND published_at > updated_at",

              // How often a site's media have changed, and up to which change visitors get them.
              R"(CREATE TABLE media_changes (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  newest {integer} NOT NULL,
  shown {integer} NOT NULL) {strict})",

              // Films that are served as they came until they are MP4; NULL: nothing is left to do.
              "ALTER TABLE media ADD COLUMN process_at {integer}",
              "ALTER TABLE media ADD COLUMN tries {integer} NOT NULL DEFAULT 0",
              "CREATE INDEX media_to_process ON media (process_at) WHERE process_at IS NOT NULL",
          }};
}

}  // namespace sitepod::meta
