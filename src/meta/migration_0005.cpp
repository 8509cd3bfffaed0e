// Step 5: answers kept for Idempotency-Key, and suspended projects.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0005_operations() {
  return {5,
          "operations",
          {
              // The answer is sealed with the token that asked: who reads the database learns no secret from it.
              R"(CREATE TABLE kept_answers (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  key_digest {blob} NOT NULL CHECK (length(key_digest) = 32),
  request_digest {blob} NOT NULL CHECK (length(request_digest) = 32),
  answer {blob} NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (account_id, key_digest)) {strict})",
              "CREATE INDEX kept_answers_by_age ON kept_answers (created_at)",

              R"(CREATE TABLE suspensions (
  project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  suspended_by TEXT NOT NULL,
  suspended_at {integer} NOT NULL) {strict})",
          }};
}

}  // namespace sitepod::meta
