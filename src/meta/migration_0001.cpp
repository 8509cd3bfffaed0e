// Step 1: accounts, tokens, projects, blobs, plans, images, environments, releases, the change feed and settings.
// docs/formats/metadata.md explains every table. Deleting an account deletes its projects, deleting a project all that
// is its.
#include "meta/migrations.hpp"

namespace sitepod::meta {

Migration migration_0001_first() {
  return {1,
          "first",
          {
              R"(CREATE TABLE migrations (
  number {integer} NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at {integer} NOT NULL) {strict})",

              R"(CREATE TABLE settings (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL) {by_key})",

              R"(CREATE TABLE accounts (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  is_admin {integer} NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('human', 'system', 'demo')),
  created_at {integer} NOT NULL) {strict})",

              R"(CREATE TABLE projects (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  subdomain TEXT NOT NULL UNIQUE,
  owner_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  last_version {integer} NOT NULL DEFAULT 0,
  created_at {integer} NOT NULL,
  updated_at {integer} NOT NULL) {strict})",
              "CREATE INDEX projects_by_owner ON projects (owner_id, updated_at, id)",
              "CREATE INDEX projects_by_update ON projects (updated_at, id)",

              R"(CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  digest {blob} NOT NULL UNIQUE CHECK (length(digest) = 32),
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('login', 'api')),
  scopes TEXT NOT NULL,
  project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
  environment TEXT NOT NULL,
  created_at {integer} NOT NULL,
  expires_at {integer},
  last_used_at {integer}) {strict})",
              "CREATE INDEX tokens_by_account ON tokens (account_id)",
              "CREATE INDEX tokens_by_project ON tokens (project_id) WHERE project_id IS NOT NULL",

              R"(CREATE TABLE blobs (
  sha256 {blob} NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
  blake3 {blob} NOT NULL CHECK (length(blake3) = 32),
  size {integer} NOT NULL CHECK (size >= 0),
  staged_by TEXT NOT NULL,
  created_at {integer} NOT NULL) {by_key})",
              "CREATE INDEX blobs_by_blake3 ON blobs (blake3)",

              // No reference to blobs: the grant of a blob that was deleted is harmless (every question joins blobs),
              // and a third index would make
              // each grant dearer.
              R"(CREATE TABLE blob_accounts (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  sha256 {blob} NOT NULL,
  blake3 {blob} NOT NULL,
  PRIMARY KEY (account_id, sha256)) {by_key})",
              "CREATE INDEX blob_accounts_by_blake3 ON blob_accounts (account_id, blake3)",

              R"(CREATE TABLE variants (
  source {blob} NOT NULL REFERENCES blobs (sha256) ON DELETE CASCADE,
  encoding TEXT NOT NULL,
  blob {blob} NOT NULL CHECK (length(blob) = 32),
  size {integer} NOT NULL CHECK (size >= 0),
  PRIMARY KEY (source, encoding)) {by_key})",

              R"(CREATE TABLE plans (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  file_count {integer} NOT NULL,
  content_hash TEXT NOT NULL,
  message TEXT NOT NULL,
  git_commit TEXT NOT NULL,
  git_branch TEXT NOT NULL,
  git_message TEXT NOT NULL,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL,
  image_id TEXT NOT NULL) {strict})",
              "CREATE INDEX plans_by_project ON plans (project_id)",
              "CREATE INDEX plans_by_account ON plans (account_id)",
              "CREATE INDEX plans_by_expiry ON plans (expires_at)",

              // Apart from plans because every upload renews its plan, and an update writes the whole row anew.
              R"(CREATE TABLE plan_entries (
  plan_id TEXT NOT NULL PRIMARY KEY REFERENCES plans (id) ON DELETE CASCADE,
  entries {blob} NOT NULL) {strict})",

              R"(CREATE TABLE images (
  seq {identity},
  id TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  version {integer} NOT NULL,
  manifest {blob} NOT NULL CHECK (length(manifest) = 32),
  file_count {integer} NOT NULL,
  total_size {integer} NOT NULL,
  message TEXT NOT NULL,
  git_commit TEXT NOT NULL,
  git_branch TEXT NOT NULL,
  git_message TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  created_at {integer} NOT NULL,
  encoding_state TEXT NOT NULL CHECK (encoding_state IN ('pending', 'gzip', 'done')),
  UNIQUE (project_id, version)) {strict})",
              // One plan makes one image, however many commits race.
              "CREATE UNIQUE INDEX images_by_plan ON images (plan_id) WHERE plan_id <> ''",
              "CREATE INDEX images_to_encode ON images (encoding_state DESC, seq) WHERE encoding_state <> 'done'",

              R"(CREATE TABLE environments (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  image_id TEXT NOT NULL REFERENCES images (id),
  previous_image_id TEXT NOT NULL,
  walk_before {integer} NOT NULL,
  source_seq {integer} NOT NULL,
  updated_at {integer} NOT NULL,
  PRIMARY KEY (project_id, name)) {strict})",
              "CREATE INDEX environments_by_image ON environments (image_id)",

              R"(CREATE TABLE releases (
  seq {identity},
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  environment TEXT NOT NULL,
  image_id TEXT NOT NULL,
  previous_image_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('deploy', 'rollback')),
  actor_id TEXT NOT NULL,
  actor_email TEXT NOT NULL,
  actor_address TEXT NOT NULL,
  token_name TEXT NOT NULL,
  created_at {integer} NOT NULL) {strict})",
              "CREATE INDEX releases_by_project ON releases (project_id, seq)",
              "CREATE INDEX releases_by_environment ON releases (project_id, environment, seq)",
              "CREATE INDEX releases_by_image ON releases (project_id, environment, image_id, seq)",

              // No reference to projects: that a project is gone is a change that must be told too.
              R"(CREATE TABLE changes (
  seq {identity},
  project_id TEXT NOT NULL UNIQUE) {strict})",
          }};
}

}  // namespace sitepod::meta
