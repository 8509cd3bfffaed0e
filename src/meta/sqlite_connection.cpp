#include "meta/sqlite_connection.hpp"

#include <algorithm>
#include <mutex>

#include "base/log.hpp"
#include "meta/sqlite_errors.hpp"

namespace sitepod::meta {
namespace {

// Long enough for another process's backup or a short look with a tool, short enough for a caller to wait (reliability
// case 23).
constexpr int kBusyTimeoutMs = 5000;
// A request that looked at a row before its deletion writes within this.
constexpr auto kLongestRace = std::chrono::hours(1);

// Counting memory would take a lock of the whole process on every allocation.
void configure_library_once() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

std::string_view column_bytes(sqlite3_stmt* statement, int column) {
  const void* data = sqlite3_column_type(statement, column) == SQLITE_BLOB ? sqlite3_column_blob(statement, column)
                                                                           : sqlite3_column_text(statement, column);
  auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), length);
}

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override { return column_bytes(statement_, column); }

 private:
  sqlite3_stmt* statement_;
};

// SQLite reads a null pointer as NULL, so empty values point to an empty literal. The memory is the caller's
// (SQLITE_STATIC): the statement is reset before the call that passed it returns.
int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  const Value::Variant& held = value.get();
  if (const auto* number = std::get_if<std::int64_t>(&held)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string_view>(&held))
    return sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  if (const auto* bytes = std::get_if<Value::Bytes>(&held))
    return sqlite3_bind_blob64(statement, index, bytes->data.empty() ? "" : bytes->data.data(), bytes->data.size(),
                               SQLITE_STATIC);
  return sqlite3_bind_null(statement, index);
}

bool holds_nul(const Value& value) {
  const auto* text = std::get_if<std::string_view>(&value.get());
  return text != nullptr && text->find('\0') != std::string_view::npos;
}

}  // namespace

bool is_failed_sync(int extended_code) {
  return extended_code == SQLITE_IOERR_FSYNC || extended_code == SQLITE_IOERR_DIR_FSYNC;
}

struct SqliteConnection::Statement {
  ~Statement() { sqlite3_finalize(handle); }

  sqlite3_stmt* handle = nullptr;
  std::vector<std::string> names;  // of the parameters, without the colon, in the order of their numbers
};

// A statement while it runs; reset when it goes out of scope. Owns it when the cached one was already running further
// out.
class SqliteConnection::Use {
 public:
  Use(Statement& cached) : statement_(&cached) {}
  Use(std::unique_ptr<Statement> own) : own_(std::move(own)), statement_(own_.get()) {}
  Use(Use&& other) noexcept : own_(std::move(other.own_)), statement_(std::exchange(other.statement_, nullptr)) {}
  Use& operator=(Use&&) = delete;
  ~Use() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_->handle);  // its code repeats the failure of the last step, which was already seen
    sqlite3_clear_bindings(statement_->handle);
  }
  Statement& operator*() const { return *statement_; }
  sqlite3_stmt* handle() const { return statement_->handle; }

 private:
  std::unique_ptr<Statement> own_;
  Statement* statement_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path) {
  configure_library_once();
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection());
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &connection->db_, flags, nullptr);
  if (code != SQLITE_OK) return connection->error_of(code, "open " + path);
  sqlite3_busy_timeout(connection->db_, kBusyTimeoutMs);
  // A tampered file must not be able to run functions or write where only the schema may.
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection->db_, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  auto remember_frames = [](void* self, sqlite3*, const char*, int frames) {
    static_cast<SqliteConnection*>(self)->log_frames_ = frames;
    return SQLITE_OK;
  };
  // This also replaces SQLite's own checkpoints, which would run inside COMMIT and pass their failures off as its.
  sqlite3_wal_hook(connection->db_, remember_frames, connection.get());
  return connection;
}

Result<void> SqliteConnection::configure(Access access, int page_cache_kib) {
  SITEPOD_TRY(execute("PRAGMA cache_size = " + std::to_string(-page_cache_kib)));
  if (access == Access::ReadOnly) SITEPOD_TRY(execute("PRAGMA query_only = 1"));
  return {};
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

void SqliteConnection::tell_unexplained_orphan(std::string_view sql) const {
  if (last_deletion_ && std::chrono::steady_clock::now() - *last_deletion_ < kLongestRace) return;
  log::error("a row was to hang on one that is missing, and nothing was deleted", {{"statement", sql}});
}

Error SqliteConnection::error_of(int code, std::string_view sql) {
  last_code_ = code;
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) tell_unexplained_orphan(sql);
  return sqlite_error(code, db_ == nullptr ? 0 : sqlite3_system_errno(db_),
                      db_ == nullptr ? "out of memory" : sqlite3_errmsg(db_), sql);
}

Result<std::unique_ptr<SqliteConnection::Statement>> SqliteConnection::prepare(std::string_view sql, bool kept) {
  auto statement = std::make_unique<Statement>();
  unsigned flags = kept ? SQLITE_PREPARE_PERSISTENT : 0;
  int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), flags, &statement->handle, nullptr);
  if (code != SQLITE_OK) return error_of(code, sql);
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement->handle); ++i)
    statement->names.emplace_back(sqlite3_bind_parameter_name(statement->handle, i) + 1);
  return statement;
}

Result<SqliteConnection::Use> SqliteConnection::use(std::string_view sql, std::initializer_list<Parameter> parameters) {
  auto find_free = [&]() -> Result<Use> {
    auto cached = statements_.find(sql);
    if (cached == statements_.end())
      cached = statements_.emplace(std::string(sql), SITEPOD_TRY(prepare(sql, true))).first;
    if (!sqlite3_stmt_busy(cached->second->handle)) return Use(*cached->second);
    return Use(SITEPOD_TRY(prepare(sql, false)));
  };
  Use statement = SITEPOD_TRY(find_free());
  const std::vector<std::string>& names = (*statement).names;
  if (names.size() != parameters.size()) return internal("wrong number of parameters for: " + std::string(sql));
  for (const Parameter& parameter : parameters) {
    auto name = std::find(names.begin(), names.end(), parameter.name);
    if (name == names.end())
      return internal("no parameter " + std::string(parameter.name) + " in: " + std::string(sql));
    if (holds_nul(parameter.value)) return invalid_request("Text must not contain a NUL character.");
    int code = bind_value(statement.handle(), static_cast<int>(name - names.begin()) + 1, parameter.value);
    if (code != SQLITE_OK) return error_of(code, sql);
  }
  return statement;
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql, std::initializer_list<Parameter> parameters) {
  Use statement = SITEPOD_TRY(use(sql, parameters));
  int code;
  do code = sqlite3_step(statement.handle());
  while (code == SQLITE_ROW);
  if (code != SQLITE_DONE) return error_of(code, sql);
  const std::int64_t changes = sqlite3_changes64(db_);
  if (changes > 0 && sql.starts_with("DELETE")) last_deletion_ = std::chrono::steady_clock::now();
  return changes;
}

Result<void> SqliteConnection::query(std::string_view sql, std::initializer_list<Parameter> parameters,
                                     const std::function<bool(const Row&)>& each) {
  Use statement = SITEPOD_TRY(use(sql, parameters));
  SqliteRow row(statement.handle());
  while (true) {
    int code = sqlite3_step(statement.handle());
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return error_of(code, sql);
    if (!each(row)) return {};
  }
}

Result<void> SqliteConnection::checkpoint() {
  int frames = 0;
  int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &frames, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) return {};
  return error_of(code, "checkpoint");
}

}  // namespace sitepod::meta
