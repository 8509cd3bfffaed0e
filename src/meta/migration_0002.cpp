// Step 2: invites, previews and the audit log.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0002_previews() {
  return {
      2,
      "previews",
      {
          // Only the SHA-256 of a code: who reads the database cannot register with it.
          R"(CREATE TABLE invites (
  id TEXT NOT NULL PRIMARY KEY,
  digest {blob} NOT NULL UNIQUE CHECK (length(digest) = 32),
  email TEXT NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL,
  used_by TEXT NOT NULL,
  used_at {integer}) {strict})",
          "CREATE INDEX invites_by_creator ON invites (created_by)",

          // A preview goes with its image; who deletes images must keep those of previews that have not expired.
          R"(CREATE TABLE previews (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  slug TEXT NOT NULL,
  image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  password_hash TEXT NOT NULL,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL,
  PRIMARY KEY (project_id, slug)) {strict})",
          "CREATE INDEX previews_by_image ON previews (image_id)",
          "CREATE INDEX previews_by_expiry ON previews (expires_at)",

          // Whose log it is: the project's as long as it exists, and the account's that owns (or owned) what changed.
          R"(CREATE TABLE events (
  seq {identity},
  project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  action TEXT NOT NULL,
  environment TEXT NOT NULL,
  image_id TEXT NOT NULL,
  previous_image_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_email TEXT NOT NULL,
  actor_address TEXT NOT NULL,
  token_name TEXT NOT NULL,
  created_at {integer} NOT NULL) {strict})",
          "CREATE INDEX events_by_project ON events (project_id, seq) WHERE project_id IS NOT NULL",
          "CREATE INDEX events_by_account ON events (account_id, seq)",
          // What somebody did to others' projects, an admin as a rule: few rows, found when that account goes.
          "CREATE INDEX events_of_others ON events (actor_id) WHERE actor_id <> account_id",
          R"(INSERT INTO events (project_id, account_id, action, environment, image_id, previous_image_id, subject,
 actor_id, actor_email, actor_address, token_name, created_at)
 SELECT r.project_id, p.owner_id, r.kind, r.environment, r.image_id, r.previous_image_id, '',
 r.actor_id, r.actor_email, r.actor_address, r.token_name, r.created_at
 FROM releases r JOIN projects p ON p.id = r.project_id ORDER BY r.seq)",
      }};
}

}  // namespace sitepod::meta
