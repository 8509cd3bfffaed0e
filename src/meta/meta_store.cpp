#include "meta/meta_store.hpp"

#include "meta/open_database.hpp"
#include "meta/reader_pool.hpp"
#include "meta/sqlite_connection.hpp"
#include "meta/write_queue.hpp"

namespace sitepod::meta {

struct MetaStore::State {
  State(const std::string& path, std::unique_ptr<SqliteConnection> writer)
      : writes(std::move(writer), DatabaseStamp(path)), readers(path) {}

  // Readers close first: the writer's connection, closing last, moves the log into the database file and removes it.
  WriteQueue writes;
  ReaderPool readers;
};

Result<std::unique_ptr<MetaStore>> MetaStore::open_sqlite(const std::string& path) {
  auto writer = SITEPOD_TRY(open_database(path));
  std::unique_ptr<MetaStore> store(new MetaStore());
  store->state_ = std::make_unique<State>(path, std::move(writer));
  return store;
}

MetaStore::~MetaStore() = default;

bool MetaStore::healthy() {
  if (state_->writes.is_degraded() || state_->writes.is_failing()) return false;
  bool answered = false;
  auto asked = run_read([&](Session& session) {
    auto found = session.query("SELECT number FROM migrations WHERE number = 1", {},
                               [&](const Row&) { return answered = true; });
    answered = answered && found.ok();
  });
  return asked.ok() && answered;
}

Result<void> MetaStore::check_integrity() {
  return read([](Session& session) { return check_whole_database(session); });
}

Result<void> MetaStore::run_read(const std::function<void(Session&)>& work) { return state_->readers.read(work); }

Result<void> MetaStore::run_write(const std::function<bool(Session&)>& work) { return state_->writes.run(work); }

}  // namespace sitepod::meta
