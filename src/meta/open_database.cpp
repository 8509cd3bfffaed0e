#include "meta/open_database.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "meta/database_stamp.hpp"
#include "meta/migrations.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

constexpr int kWriterCacheKib = 4096;
constexpr std::int64_t kApplicationId = 0x53706f64;  // "Spod", in the file's header
// PRAGMA quick_check reads every page (80 MB took 0.2 s of processor time). Small files are checked at every start;
// after a crash larger ones too, as long as that takes about a second. `sitepod fsck` checks files of every size.
constexpr std::uint64_t kAlwaysCheckedBytes = 16ull << 20;
constexpr std::uint64_t kCheckedAfterCrashBytes = 256ull << 20;

#ifdef SITEPOD_MUTANT_SYNCHRONOUS_NORMAL
constexpr std::string_view kSynchronous = "PRAGMA synchronous = NORMAL";
#else
constexpr std::string_view kSynchronous = "PRAGMA synchronous = FULL";
#endif

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// Not readable by others from its first moment: it holds password hashes. SQLite gives its log the same mode.
Result<void> create_if_missing(const std::string& path) {
  UniqueFd fd = SITEPOD_TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno(errno, "stat " + path);
  if (!S_ISREG(info.st_mode)) return internal(path + " is not a regular file");
  if (info.st_size > 0) return {};
  SITEPOD_TRY(sync_file(fd.get(), path));
  auto folder = std::filesystem::path(path).parent_path().string();
  return sync_directory(folder.empty() ? "." : folder);
}

Result<std::string> ask(Session& session, std::string_view question) {
  std::string answer;
  SITEPOD_TRY(session.query(question, {}, [&](const Row& row) {
    answer = row.string(0);
    return false;
  }));
  return answer;
}

Error refusal(ErrorCode code, const std::string& path, const std::string& why) {
  return {ErrorKind::Internal, code, "The database " + path + " " + why, path + " " + why, {}};
}

Error damaged(const std::string& path, const std::string& detail) {
  return refusal("database_damaged", path,
                 "is damaged (" + detail + "). Move it and its -wal and -stamp files away and restore a backup.");
}

Result<void> use_write_ahead_log(SqliteConnection& connection) {
  std::string mode = SITEPOD_TRY(ask(connection, "PRAGMA journal_mode = WAL"));
  if (mode != "wal") return internal("the database cannot use a write-ahead log; journal mode is " + mode);
  SITEPOD_TRY(connection.execute(kSynchronous));
  SITEPOD_TRY(connection.execute("PRAGMA journal_size_limit = 16777216"));
  return {};
}

// Yields whether the database holds no table yet.
Result<bool> check_owner(SqliteConnection& connection, const std::string& path) {
  bool is_empty = SITEPOD_TRY(find_number(connection, "SELECT count(*) FROM sqlite_schema")) == 0;
  std::int64_t id = SITEPOD_TRY(find_number(connection, "PRAGMA application_id"));
  if (!is_empty && id != kApplicationId)
    return refusal("database_foreign", path, "belongs to another program; it was left untouched.");
  return is_empty;
}

Result<void> check_quickly(SqliteConnection& connection, const std::string& path, bool was_closed_cleanly) {
  std::uint64_t size = size_of(path);
  if (size > (was_closed_cleanly ? kAlwaysCheckedBytes : kCheckedAfterCrashBytes)) {
    if (!was_closed_cleanly)
      log::info("a large database was not closed properly; `sitepod fsck` can check it", {{"bytes", size}});
    return {};
  }
  std::string verdict = SITEPOD_TRY(ask(connection, "PRAGMA quick_check(1)"));
  if (verdict != "ok") return damaged(path, verdict);
  // It has read every page, of which hardly one is needed soon.
  SITEPOD_TRY(connection.execute("PRAGMA shrink_memory"));
  return {};
}

// One step in one transaction. The version is asked again inside it, since another process may have been quicker.
Result<void> migrate_one(SqliteConnection& connection, const Migration& migration) {
  if (migration.number == 1)
    SITEPOD_TRY(connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId)));
  if (migration.number > 1 && SITEPOD_TRY(schema_version(connection)) >= migration.number) return {};
  return run_migration(connection, migration, kSqliteDialect, now());
}

Result<void> migrate(SqliteConnection& connection, std::int64_t version) {
  for (const Migration& migration : all_migrations()) {
    if (migration.number <= version) continue;
    SITEPOD_TRY(connection.execute("BEGIN IMMEDIATE"));
    auto migrated = migrate_one(connection, migration);
    if (migrated.ok()) {
      SITEPOD_TRY_WITH(connection.execute("COMMIT"), "migrating the database");
      log::info("database migrated", {{"step", migration.number}, {"name", migration.name}});
      continue;
    }
    if (connection.is_in_transaction()) SITEPOD_TRY(connection.execute("ROLLBACK"));
    return migrated;
  }
  return {};
}

Result<void> make_ready(SqliteConnection& connection, const std::string& path, bool was_closed_cleanly) {
  SITEPOD_TRY(connection.configure(SqliteConnection::Access::ReadWrite, kWriterCacheKib));
  bool is_empty = SITEPOD_TRY(check_owner(connection, path));
  if (!is_empty) SITEPOD_TRY(check_quickly(connection, path, was_closed_cleanly));
  std::int64_t version = is_empty ? 0 : SITEPOD_TRY(schema_version(connection));
  std::int64_t newest = all_migrations().back().number;
  if (version > newest)
    return refusal("database_newer", path,
                   "was written by a newer sitepod (its schema is " + std::to_string(version) +
                       ", this program knows " + std::to_string(newest) +
                       "). Start that version again, or restore a backup made before the upgrade.");
  SITEPOD_TRY(use_write_ahead_log(connection));
  const DatabaseStamp stamp(path);
  // Before anything is changed; an empty database that has a stamp has lost everything.
  if (version >= DatabaseStamp::kSinceSchema) SITEPOD_TRY(stamp.check(connection));
  SITEPOD_TRY(migrate(connection, version));
  if (version < DatabaseStamp::kSinceSchema) SITEPOD_TRY(stamp.check(connection));
  stamp.renew(connection);
  return {};
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> open_database(const std::string& path) {
  SITEPOD_TRY(create_if_missing(path));
  bool was_closed_cleanly = size_of(path + "-wal") == 0;
  auto connection = SITEPOD_TRY(SqliteConnection::open(path));
  auto ready = make_ready(*connection, path, was_closed_cleanly);
  if (ready.ok()) return connection;
  int code = connection->last_code() & 0xff;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return damaged(path, ready.error().context);
  return std::move(ready).error().with("opening the database " + path);
}

Result<void> check_whole_database(Session& session) {
  std::string problems;
  auto collect = [&](const Row& row) {
    if (row.text(0) != "ok") problems += (problems.empty() ? "" : "; ") + row.string(0);
    return true;
  };
  SITEPOD_TRY(session.query("PRAGMA integrity_check(20)", {}, collect));
  SITEPOD_TRY(
      session.query("SELECT 'a row of ' || \"table\" || ' refers to a missing row of ' || parent FROM "
                    "pragma_foreign_key_check LIMIT 20",
                    {}, collect));
  if (!problems.empty()) return internal("the database is damaged: " + problems);
  return {};
}

}  // namespace sitepod::meta
