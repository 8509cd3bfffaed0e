// Step 12: the entries of a plan in parts, so that neither writing nor reading them needs the memory of all at once.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0012_plan_parts() {
  return {12,
          "plan entries in parts",
          {
              R"(CREATE TABLE plan_entries_in_parts (
  plan_id TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  part {integer} NOT NULL DEFAULT 0,
  entries {blob} NOT NULL,
  PRIMARY KEY (plan_id, part)) {strict})",
              "INSERT INTO plan_entries_in_parts (plan_id, entries) SELECT plan_id, entries FROM plan_entries",
              "DROP TABLE plan_entries",
              "ALTER TABLE plan_entries_in_parts RENAME TO plan_entries",
          }};
}

}  // namespace sitepod::meta
