#include "meta/sqlite_errors.hpp"

#include <sqlite3.h>

#include <cerrno>

namespace sitepod::meta {
namespace {

Error storage_full() {
  return {ErrorKind::StorageFull,
          "storage_full",
          "The server's disk is full; try again when its operator has made room.",
          {},
          {}};
}

Error plain_error(int code, int system_error) {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
    return conflict("Such an entry exists already.");
  // A row hangs on one that another request has deleted since it was looked at: a race that somebody must lose.
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
    return not_found("not_found", "What this belongs to was deleted in the meantime.");
  switch (code & 0xff) {
    case SQLITE_FULL:
      return storage_full();
    case SQLITE_READONLY:
      return unavailable("The server's database cannot be written to at the moment.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable("The server's database is busy; try again in a moment.");
    case SQLITE_TOOBIG:
      return {
          ErrorKind::TooLarge, "payload_too_large", "That is more than one entry of the database can hold.", {}, {}};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (system_error == ENOSPC || system_error == EDQUOT) return storage_full();
      // A failed write of the WAL keeps its errno to itself; a full disk would have been SQLITE_FULL.
      if (system_error == EROFS || (code == SQLITE_IOERR_WRITE && system_error == 0))
        return unavailable("The server's database cannot be written to at the moment.");
      return internal("the database file cannot be read or written");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return internal("the database file is damaged; restore a backup");
    default:
      return internal({});
  }
}

}  // namespace

Error sqlite_error(int extended_code, int system_error, std::string_view detail, std::string_view context) {
  std::string what =
      std::string(context) + ": " + std::string(detail) + " (sqlite code " + std::to_string(extended_code);
  if (system_error != 0 && (extended_code & 0xff) != SQLITE_CONSTRAINT)
    what += ", errno " + std::to_string(system_error);
  return plain_error(extended_code, system_error).with(what + ")");
}

}  // namespace sitepod::meta
