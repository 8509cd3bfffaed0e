// One SQLite connection as a Session: prepared statements are cached by their text, values are bound by name, and every
// statement is reset on every exit (a forgotten one would hold its snapshot and turn later writes into
// SQLITE_BUSY_SNAPSHOT). A resource of one thread at a time. Private to the room: others see Session.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "meta/session.hpp"

namespace sitepod::meta {

class SqliteConnection final : public Session {
 public:
  enum class Access : std::uint8_t { ReadOnly, ReadWrite };
  // The file must exist; it is not read yet.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path);
  // `page_cache_kib` bounds what the connection keeps in memory.
  Result<void> configure(Access access, int page_cache_kib);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<std::int64_t> execute(std::string_view sql, std::initializer_list<Parameter> parameters = {}) override;
  Result<void> query(std::string_view sql, std::initializer_list<Parameter> parameters,
                     const std::function<bool(const Row&)>& each) override;

  // False after BEGIN, until COMMIT, ROLLBACK, or SQLite itself has given the transaction up.
  bool is_in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // The extended result code of the last failure, to tell a failed fsync from a full disk.
  int last_code() const { return last_code_; }
  // Frames in the write-ahead log after the last commit of this connection.
  int log_frames() const { return log_frames_; }
  // Moves what readers no longer need from the log into the database file. Not being able to move all is no error.
  Result<void> checkpoint();

 private:
  struct Statement;
  class Use;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  SqliteConnection() = default;
  Result<std::unique_ptr<Statement>> prepare(std::string_view sql, bool kept);
  Result<Use> use(std::string_view sql, std::initializer_list<Parameter> parameters);
  Error error_of(int code, std::string_view sql);
  // A row that hangs on a missing one is a lost race only where something has been deleted.
  void tell_unexplained_orphan(std::string_view sql) const;

  sqlite3* db_ = nullptr;
  int last_code_ = SQLITE_OK;
  int log_frames_ = 0;
  std::optional<std::chrono::steady_clock::time_point> last_deletion_;
  std::unordered_map<std::string, std::unique_ptr<Statement>, TextHash, std::equal_to<>> statements_;
};

// True when a result code says that an fsync failed: what was written then may or may not be on the disk, and asking
// again lies.
bool is_failed_sync(int extended_code);

}  // namespace sitepod::meta
