#include "meta/database_copy.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <memory>

#include "base/file.hpp"

namespace sitepod::meta {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

Error failed(sqlite3* db, const std::string& what) {
  return internal(what + ": " + (db ? sqlite3_errmsg(db) : "out of memory"));
}

}  // namespace

Result<void> copy_database(const std::string& from, const std::string& to) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(from.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, Closer> db(opened);
  if (code != SQLITE_OK) return failed(db.get(), "opening " + from);
  sqlite3_busy_timeout(db.get(), kBusyTimeoutMs);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(db.get(), "VACUUM INTO ?1", -1, &prepared, nullptr) != SQLITE_OK)
    return failed(db.get(), "copying " + from);
  const std::unique_ptr<sqlite3_stmt, Closer> statement(prepared);
  sqlite3_bind_text(statement.get(), 1, to.c_str(), -1, SQLITE_STATIC);
  if (sqlite3_step(statement.get()) != SQLITE_DONE) return failed(db.get(), "copying " + from + " to " + to);
  // VACUUM INTO leaves its file to the page cache.
  const UniqueFd file = SITEPOD_TRY(open_file(to, O_RDONLY));
  return sync_file(file.get(), to);
}

Result<void> each_needed_blob(
    Session& session, const std::function<bool(const Digest& blob, std::uint64_t size, bool is_derived)>& each) {
  return session.query(
      "SELECT sha256, size, 0 FROM blobs WHERE staged_by = '' UNION ALL"
      " SELECT blob, size, 1 FROM variants WHERE size > 0 AND blob NOT IN (SELECT sha256 FROM blobs)",
      {}, [&](const Row& row) { return each(row.digest(0), row.size(1), row.flag(2)); });
}

}  // namespace sitepod::meta
