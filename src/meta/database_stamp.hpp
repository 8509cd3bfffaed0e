// Tells when a database has lost its write-ahead log. SQLite takes a file without its log for complete, although what
// was committed last stands in the log only. So the database keeps a number that grows with every opening and after
// every checkpoint, hence always first in a new log, and the file {database}-stamp repeats it once it is committed: a
// database that is behind its stamp has lost commits. Without a stamp file (a backup, a first start) there is nothing
// to compare. Private to the room; the thread of the connection.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

class DatabaseStamp {
 public:
  static constexpr std::int64_t kSinceSchema = 6;  // has the number's table
  explicit DatabaseStamp(const std::string& database_path) : path_(database_path + "-stamp") {}

  // Error "database_incomplete" when the database is behind its stamp. Requires: the schema is there.
  Result<void> check(Session& session) const;
  // One more. Requires: outside a transaction. A failure costs only the proof.
  void renew(Session& session) const;

 private:
  Result<void> write(Session& session) const;

  std::string path_;
};

}  // namespace sitepod::meta
