// Group commit: one thread owns the only writing connection; it takes every job that waits, runs each in a SAVEPOINT of
// one transaction, commits once and wakes the callers. No timer makes anybody linger: while one commit is being
// fsynced, the next batch gathers by itself. Any thread may submit. Private to the room.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "meta/database_stamp.hpp"
#include "meta/sqlite_connection.hpp"

namespace sitepod::meta {

class WriteQueue {
 public:
  WriteQueue(std::unique_ptr<SqliteConnection> connection, DatabaseStamp stamp);
  ~WriteQueue();  // runs what is queued
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // `work` returns whether its changes are to be kept. An error means that nothing of it was kept, or, after a failed
  // fsync, that nobody can know. `work` may run more than once: when another job of its batch made SQLite give the
  // transaction up.
  Result<void> run(const std::function<bool(Session&)>& work);
  // True after a failed fsync: no more writes in this run, since a repeated fsync would claim success (reliability fact
  // 3).
  bool is_degraded() const { return degraded_.load(std::memory_order_relaxed); }
  // True while the latest commit failed, for example on a full or read-only disk; the next that succeeds ends it.
  bool is_failing() const { return failing_.load(std::memory_order_relaxed); }

 private:
  struct Job;

  void loop();
  bool take_batch();
  void run_batch();
  bool run_jobs();
  std::optional<Result<void>> run_job(Job& job);
  Result<void> commit();
  void give_up_transaction();
  static void wake(Job& job, Result<void> result);
  void wake_batch(const Result<void>& result);
  void checkpoint_when_long();

  std::unique_ptr<SqliteConnection> connection_;  // the thread's
  const DatabaseStamp stamp_;                     // the thread's
  std::vector<Job*> batch_;                       // the thread's: taken and not yet answered
  std::atomic<bool> degraded_ = false;
  std::atomic<bool> failing_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable arrived_;
  std::deque<Job*> waiting_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace sitepod::meta
