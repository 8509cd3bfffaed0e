// Step 6: what projects may send in a month, room of a plan that is promised to uploads, and links that set a forgotten
// password.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0006_limits() {
  return {6,
          "limits",
          {
              // month is year * 100 + month, in UTC.
              R"(CREATE TABLE traffic (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  month {integer} NOT NULL,
  bytes {integer} NOT NULL CHECK (bytes >= 0),
  noticed {integer} NOT NULL,
  PRIMARY KEY (project_id, month)) {by_key})",

              R"(CREATE TABLE traffic_caps (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  bytes {integer} NOT NULL CHECK (bytes > 0),
  action TEXT NOT NULL CHECK (action IN ('notify', 'throttle', 'pause')),
  is_by_admin {integer} NOT NULL CHECK (is_by_admin IN (0, 1)),
  changed_at {integer} NOT NULL) {strict})",

              // Of names whose size the plan does not say: what uploads have been promised or have stored.
              R"(CREATE TABLE plan_room (
  plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  name {blob} NOT NULL CHECK (length(name) = 32),
  bytes {integer} NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (plan_id, name)) {by_key})",
              "ALTER TABLE plans ADD COLUMN room_bytes {integer} NOT NULL DEFAULT 0",

              // One row; see meta/database_stamp.hpp.
              "CREATE TABLE database_stamp (number {integer} NOT NULL) {strict}",
              "INSERT INTO database_stamp (number) VALUES (0)",

              R"(CREATE TABLE password_resets (
  digest {blob} NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL) {strict})",
              "CREATE INDEX password_resets_by_account ON password_resets (account_id)",
          }};
}

}  // namespace sitepod::meta
