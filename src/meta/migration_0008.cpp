// Step 8: what the content API keeps: sites' settings, pages, display names, authors, media, builds; and where an image
// came from.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0008_content() {
  return {8,
          "content",
          {
              "ALTER TABLE images ADD COLUMN source TEXT NOT NULL DEFAULT 'deploy'",

              // The site that an account's content tokens mean when they name none.
              R"(CREATE TABLE default_sites (
  account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL UNIQUE REFERENCES projects (id) ON DELETE CASCADE) {strict})",

              // Accounts that may not use the content API.
              R"(CREATE TABLE content_refusals (
  account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE) {strict})",

              R"(CREATE TABLE site_settings (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (project_id, name)) {by_key})",

              R"(CREATE TABLE site_links (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  place TEXT NOT NULL CHECK (place IN ('navigation', 'footer')),
  position {integer} NOT NULL,
  title TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (project_id, place, position)) {by_key})",

              R"(CREATE TABLE authors (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  bio TEXT NOT NULL,
  avatar_url TEXT NOT NULL,
  created_at {integer} NOT NULL) {strict})",
              "CREATE INDEX authors_by_account ON authors (account_id, name, id)",

              // tags are joined by commas, aliases by line feeds, look is lines of name=value: none of them can hold
              // its separator.
              R"(CREATE TABLE pages (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  content_type TEXT NOT NULL CHECK (content_type IN ('docs', 'blog', 'standalone', 'homepage')),
  section TEXT NOT NULL,
  slug TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  api_endpoint TEXT NOT NULL,
  draft {integer} NOT NULL,
  tags TEXT NOT NULL,
  published_at {integer},
  created_at {integer} NOT NULL,
  updated_at {integer} NOT NULL,
  author_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  og_image_url TEXT NOT NULL,
  language TEXT NOT NULL,
  look TEXT NOT NULL,
  show_listings {integer} NOT NULL,
  place {integer},
  aliases TEXT NOT NULL,
  content_bytes {integer} NOT NULL,
  UNIQUE (project_id, content_type, section, slug)) {strict})",
              "CREATE INDEX pages_by_date ON pages (published_at) WHERE draft = 0 AND published_at IS NOT NULL",

              // Apart from pages, so that lists do not read them.
              R"(CREATE TABLE page_texts (
  page_id TEXT NOT NULL PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
  content TEXT NOT NULL) {strict})",

              // Addresses that a page had before it was renamed.
              R"(CREATE TABLE page_addresses (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  page_id TEXT NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
  PRIMARY KEY (project_id, path)) {by_key})",
              "CREATE INDEX page_addresses_by_page ON page_addresses (page_id)",

              R"(CREATE TABLE display_names (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('tag', 'section')),
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (project_id, kind, key)) {by_key})",

              R"(CREATE TABLE media (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  blob {blob} NOT NULL CHECK (length(blob) = 32),
  size {integer} NOT NULL CHECK (size >= 0),
  media_type TEXT NOT NULL,
  width {integer} NOT NULL,
  height {integer} NOT NULL,
  variant_of TEXT NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (project_id, path)) {by_key})",
              "CREATE INDEX media_by_blob ON media (blob)",

              R"(CREATE TABLE builds (
  seq {identity},
  id TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'success', 'failed')),
  triggered_by TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_email TEXT NOT NULL,
  actor_address TEXT NOT NULL,
  token_name TEXT NOT NULL,
  created_at {integer} NOT NULL,
  requested_at {integer} NOT NULL,
  started_at {integer},
  completed_at {integer},
  image_id TEXT NOT NULL,
  error TEXT NOT NULL,
  report TEXT NOT NULL) {strict})",
              "CREATE INDEX builds_by_project ON builds (project_id, seq)",
              "CREATE INDEX builds_by_account ON builds (account_id, created_at)",
              // One waits behind the one that runs; whoever asks again is served by it.
              "CREATE UNIQUE INDEX builds_waiting ON builds (project_id) WHERE status = 'queued'",
              "CREATE UNIQUE INDEX builds_running ON builds (project_id) WHERE status = 'running'",

              // Up to which instant a site's builds have looked: pages that come due later build by themselves.
              R"(CREATE TABLE site_builds (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  looked_at {integer} NOT NULL) {strict})",
          }};
}

}  // namespace sitepod::meta
