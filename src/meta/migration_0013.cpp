// Step 13: versions of pages, so that builds read only the texts that are new to them.
#include "meta/migrations.hpp"
// clang-format off: the statements read as SQL.

namespace sitepod::meta {

Migration migration_0013_page_revisions() {
  return {13,
          "page revisions",
          {
              // Grows with every change of the row or of its text.
              "ALTER TABLE pages ADD COLUMN revision {integer} NOT NULL DEFAULT 1",
          }};
}

}  // namespace sitepod::meta
