#include "meta/reader_pool.hpp"

namespace sitepod::meta {
namespace {

// More readers at once get connections of their own that are closed afterwards.
constexpr std::size_t kMaxIdle = 8;
constexpr int kPageCacheKib = 1024;

}  // namespace

Result<std::unique_ptr<SqliteConnection>> ReaderPool::take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      // The one used last has the warmest cache.
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto connection = SITEPOD_TRY(SqliteConnection::open(path_));
  SITEPOD_TRY(connection->configure(SqliteConnection::Access::ReadOnly, kPageCacheKib));
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<SqliteConnection> connection) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
}

Result<void> ReaderPool::read(const std::function<void(Session&)>& work) {
  auto connection = SITEPOD_TRY(take());
  SITEPOD_TRY(connection->execute("BEGIN"));
  work(*connection);
  // Nothing was written, so ending it can only fail when SQLite has already given the transaction up.
  if (!connection->is_in_transaction() || connection->execute("COMMIT").ok()) give_back(std::move(connection));
  return {};
}

}  // namespace sitepod::meta
