// The metadata store: facts in rows. Owns the connections, the writer thread and the migrations.
// Any thread may call read and write; both block. Writes of many callers share one durable commit (group commit): each
// runs in its own SAVEPOINT on the writer thread, so it may fail alone; write() returns after the fsync that covers it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

class MetaStore {
 public:
  // Opens or creates the SQLite file (WAL, synchronous=FULL), runs pending migrations, checks that the file is sound
  // and not of a newer sitepod.
  static Result<std::unique_ptr<MetaStore>> open_sqlite(const std::string& path);
  ~MetaStore();

  // Runs `work(session)` in a read transaction (one consistent picture). `work` returns Result<T>.
  template <typename Work>
  auto read(Work work) -> std::invoke_result_t<Work, Session&> {
    std::optional<std::invoke_result_t<Work, Session&>> outcome;
    Result<void> ran = run_read([&](Session& session) { outcome.emplace(work(session)); });
    if (!ran.ok()) return std::move(ran).error();
    return std::move(*outcome);
  }
  // Runs `work(session)` in a write transaction; an error that it returns rolls its own changes back and is passed on.
  // `work` must not wait for anything: the writer thread runs it while other writers queue. It may run again after a
  // busy database.
  template <typename Work>
  auto write(Work work) -> std::invoke_result_t<Work, Session&> {
    std::optional<std::invoke_result_t<Work, Session&>> outcome;
    Result<void> ran = run_write([&](Session& session) -> bool {
      outcome.emplace(work(session));
      return outcome->ok();
    });
    if (!ran.ok()) return std::move(ran).error();
    return std::move(*outcome);
  }

  // A cheap question to the database, for /health.
  bool healthy();
  // PRAGMA integrity_check; for fsck and doctor.
  Result<void> check_integrity();

 private:
  MetaStore() = default;
  Result<void> run_read(const std::function<void(Session&)>& work);
  Result<void> run_write(const std::function<bool(Session&)>& work);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::meta
