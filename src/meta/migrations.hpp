// The schema's history: numbered steps, each run once in its own transaction and noted in the table `migrations`.
// SQL is portable; words that engines spell differently stand in braces and are put in by a Dialect. Private to the
// room.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct Migration {
  std::int64_t number;
  std::string_view name;
  std::vector<std::string_view> statements;
};

// In ascending order without gaps. A step is never edited after a release: later changes are later steps.
std::span<const Migration> all_migrations();
Migration migration_0001_first();
Migration migration_0002_previews();
Migration migration_0003_domains();
Migration migration_0004_collection();
Migration migration_0005_operations();
Migration migration_0006_limits();
Migration migration_0007_lifted_purges();
Migration migration_0008_content();
Migration migration_0009_unfinished_purges();
Migration migration_0010_unattended_content();
Migration migration_0011_social_images();
Migration migration_0012_plan_parts();
Migration migration_0013_page_revisions();

// How an engine spells the words in braces.
struct Dialect {
  std::string_view blob;      // {blob}: type of byte strings
  std::string_view integer;   // {integer}: 64-bit
  std::string_view identity;  // {identity}: 64-bit key that only grows, never used again after a deletion
  std::string_view strict;    // {strict}: after the closing parenthesis of a table
  std::string_view by_key;    // {by_key}: the same for a table that is stored in the order of its primary key
};
inline constexpr Dialect kSqliteDialect{"BLOB", "INTEGER", "INTEGER PRIMARY KEY AUTOINCREMENT", "STRICT",
                                        "STRICT, WITHOUT ROWID"};
std::string in_dialect(std::string_view sql, const Dialect& dialect);

// The highest step that was run; 0: the database is empty.
Result<std::int64_t> schema_version(Session& session);
// Runs one step. Requires: inside a transaction.
Result<void> run_migration(Session& session, const Migration& migration, const Dialect& dialect, Instant now);

}  // namespace sitepod::meta
