#include "meta/sqlite_errors.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>

namespace sitepod::meta {
namespace {

ErrorKind kind_of(int code, int system_error = 0) {
  return sqlite_error(code, system_error, "detail", "statement").kind;
}

TEST(SqliteErrors, SayWhatTheCallerCanDo) {
  EXPECT_EQ(kind_of(SQLITE_CONSTRAINT_UNIQUE), ErrorKind::Conflict);
  EXPECT_EQ(kind_of(SQLITE_CONSTRAINT_PRIMARYKEY), ErrorKind::Conflict);
  EXPECT_EQ(kind_of(SQLITE_CONSTRAINT_NOTNULL), ErrorKind::Internal);
  EXPECT_EQ(kind_of(SQLITE_CONSTRAINT_FOREIGNKEY), ErrorKind::NotFound);
  EXPECT_EQ(kind_of(SQLITE_FULL), ErrorKind::StorageFull);
  EXPECT_EQ(kind_of(SQLITE_IOERR_WRITE, ENOSPC), ErrorKind::StorageFull);
  EXPECT_EQ(kind_of(SQLITE_IOERR_WRITE, EDQUOT), ErrorKind::StorageFull);
  EXPECT_EQ(kind_of(SQLITE_IOERR_WRITE, EROFS), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_IOERR_WRITE), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_IOERR_WRITE, EIO), ErrorKind::Internal);
  EXPECT_EQ(kind_of(SQLITE_READONLY), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_READONLY_DBMOVED), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_BUSY), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_BUSY_SNAPSHOT), ErrorKind::Unavailable);
  EXPECT_EQ(kind_of(SQLITE_TOOBIG), ErrorKind::TooLarge);
  EXPECT_EQ(kind_of(SQLITE_CORRUPT_VTAB), ErrorKind::Internal);
}

TEST(SqliteErrors, TellTheLogAndNotTheCaller) {
  Error error = sqlite_error(SQLITE_CORRUPT, 0, "malformed", "SELECT secret");
  EXPECT_EQ(error.message.find("secret"), std::string::npos);
  EXPECT_NE(error.context.find("SELECT secret"), std::string::npos);
  EXPECT_NE(error.context.find("restore a backup"), std::string::npos);
}

}  // namespace
}  // namespace sitepod::meta
